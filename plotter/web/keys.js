// keys.js
//		The keyboard.

// Says whether an element wants the keys itself.
function takesKeys(element, key)
{
	if (element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement)
		return true;
	if (element instanceof HTMLInputElement)
		return element.type !== 'checkbox' && (element.type !== 'range' || key.startsWith('Arrow') || key === 'Home' || key === 'End');
	return element instanceof HTMLButtonElement && (key === ' ' || key === 'Enter');
}

// actions maps what KeyboardEvent.key says, in small letters where it is one, to functions of
// (shift, time of the event).
export function startKeys(actions)
{
	document.addEventListener('keydown', (event) => {
		const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;

		if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]'))
			return;
		if (event.target instanceof HTMLInputElement && key === 'Escape')
			event.target.blur();
		if (takesKeys(event.target, key) || !Object.hasOwn(actions, key))
			return;
		event.preventDefault();
		actions[key](event.shiftKey, event.timeStamp);
	});
}
