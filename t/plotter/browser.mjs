// browser.mjs
//		Chromium with the page of the plotter, and ways to wait for what it shows.  Nothing
//		here hopes that something has happened after a while.

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';

import { require } from './harness.mjs';

const { chromium } = require('playwright-core');
const WAIT_MS = 20000;
const POLL_MS = 15;

// Starts the browser; the caller closes it.
export function startBrowser()
{
	return chromium.launch({ executablePath: process.env.BTRDB_CHROMIUM ?? '/usr/bin/chromium', args: ['--disable-gpu', '--disable-dev-shm-usage'] });
}

export class PlotPage
{
	#context;
	problems = [];

	// Opens a page; whatever goes wrong in it, or is asked of somebody else, is a problem.
	static async open(browser, url, hash = '', options = {})
	{
		const page = new PlotPage();

		page.url = url;
		page.#context = await browser.newContext({ viewport: { width: 1100, height: 700 }, timezoneId: 'Asia/Kathmandu', ...options });
		page.page = await page.#context.newPage();
		page.page.on('pageerror', (error) => page.problems.push(error.stack));
		page.page.on('console', (message) => {
			// what is refused while the database is away, or of a stream that is gone, is logged by the browser itself
			if (message.type() === 'error' && !/status of (404|503|504)/.test(message.text()))
				page.problems.push(message.text());
		});
		page.page.on('request', (request) => {
			if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url()))
				page.problems.push(`asks for ${request.url()}`);
		});
		await page.page.goto(`${url}${hash}`);
		return page;
	}

	async close()
	{
		await this.#context.close();
		assert.deepEqual(this.problems, []);
	}

	// Returns what the picture says of itself.
	data()
	{
		return this.page.$eval('#plot', (canvas) => ({ ...canvas.dataset }));
	}

	// Waits until what ask() returns fulfils check(), and returns it.  (Playwright's own waiting for conditions
	// compiles them in the page, which the page's policy forbids.)
	async eventually(ask, check, what)
	{
		const end = Date.now() + WAIT_MS;

		for (;;)
		{
			const value = await ask();

			if (check(value))
				return value;
			if (Date.now() > end)
				assert.fail(`${what}: ${JSON.stringify(value)}, "${await this.text('#message')}"`);
			await setTimeout(POLL_MS);
		}
	}

	// Waits until the picture fulfils a condition, and returns what it says of itself.
	until(condition)
	{
		return this.eventually(() => this.data(), condition, `the picture is not ${condition}`);
	}

	// Waits until everything is there and the range is another one than before.
	async settled(before = null)
	{
		return this.until((d) => d.complete === 'yes' && d.view !== before);
	}

	text(selector)
	{
		return this.page.$eval(selector, (element) => element.textContent);
	}

	// Waits until an element's text matches.
	untilText(selector, pattern)
	{
		return this.eventually(() => this.page.evaluate((s) => document.querySelector(s)?.textContent ?? '', selector), (text) => pattern.test(text), `${selector} is not ${pattern}`);
	}

	// Waits until the address matches.
	untilAddress(pattern)
	{
		return this.eventually(() => this.page.url().replace(/^[^#]*/, ''), (hash) => pattern.test(hash), `the address is not ${pattern}`);
	}

	// Returns [left, top, width, height] of the plot within the window, for so many axes.
	async place(axes = 1)
	{
		const box = await this.page.locator('#picture').boundingBox();

		return { left: box.x + 66 * axes, top: box.y + 10, width: box.width - 66 * axes - 14, height: box.height };
	}

	// Returns how many pixels of columns of the plot, from a fraction of its width to another, have the colour of a
	// stream, mixed with the background or not.
	coloured(from, to, axes = 1)
	{
		return this.page.evaluate(([a, b, n]) => {
			const canvas = document.getElementById('plot');
			const ratio = canvas.width / canvas.clientWidth;
			const left = 66 * n;
			const width = canvas.clientWidth - left - 14;
			const x = Math.round((left + a * width) * ratio);
			const { data } = canvas.getContext('2d').getImageData(x, 12, Math.max(1, Math.round((b - a) * width * ratio)), canvas.height - 140);
			let count = 0;

			// lines of the grid are grey
			for (let i = 0; i < data.length; i += 4)
				count += data[i + 3] > 0 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60 ? 1 : 0;
			return count;
		}, [from, to, axes]);
	}

	// Returns the picture as text.
	picture()
	{
		return this.page.$eval('#plot', (canvas) => canvas.toDataURL());
	}

	async wheel(fraction, deltaY, axes = 1)
	{
		const { left, top, width, height } = await this.place(axes);

		await this.page.mouse.move(left + fraction * width, top + height / 3);
		await this.page.mouse.wheel(0, deltaY);
	}

	// Presses keys while the picture has the focus.
	async press(...keys)
	{
		await this.page.focus('#picture');
		for (const key of keys)
			await this.page.keyboard.press(key);
	}
}
