// range.js
//		The fields that say which range is seen, and take another.

import { digitsFor, formatSpan, formatTime, parseTime } from './time.js';
import { boundsOf, viewOf } from './view.js';

const WANTED = 'a time as 2024-02-29 12:30, or a number of nanoseconds';

export class Range
{
	#model;
	#form;
	#start;
	#end;
	#span;
	#edited = false;

	// changed(view, time of the event) is called when another range is given; left() when what was typed is to be
	// forgotten.
	constructor({ model, form, start, end, span, changed, left })
	{
		this.#model = model;
		this.#form = form;
		this.#start = start;
		this.#end = end;
		this.#span = span;
		for (const field of [start, end])
		{
			field.addEventListener('input', () => {
				field.setCustomValidity('');
				this.#edited = true;
			});
		}
		form.addEventListener('submit', (event) => {
			event.preventDefault();
			this.#submit(event, changed);
		});
		// whoever leaves both fields without Enter has changed his mind
		form.addEventListener('focusout', (event) => {
			if (form.contains(event.relatedTarget))
				return;
			this.#edited = false;
			left();
		});
	}

	#submit(event, changed)
	{
		const [start, end] = [this.#start, this.#end].map((field) => parseTime(field.value, this.#model.zone));

		this.#start.setCustomValidity(start === null ? WANTED : '');
		this.#end.setCustomValidity(end === null ? WANTED : start !== null && end <= start ? 'the end must be after the start' : '');
		if (!this.#form.reportValidity())
			return;
		this.#edited = false;
		document.activeElement.blur();
		changed(viewOf(start, end), event.timeStamp);
	}

	// Shows the range, unless somebody types another.
	refresh()
	{
		const { view, zone } = this.#model;
		const digits = digitsFor(view.span / 1000);

		boundsOf(view).forEach((time, i) => {
			const field = [this.#start, this.#end][i];
			const text = formatTime(time, zone, digits);

			if (this.#edited || field === document.activeElement || field.value === text)
				return;
			field.value = text;
			field.setCustomValidity('');
		});
		this.#span.value = formatSpan(view.span);
	}
}
