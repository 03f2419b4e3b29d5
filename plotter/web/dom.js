// dom.js
//		Makes elements.  Texts are texts: nothing from the database is ever read as HTML.

// Returns an element with attributes (functions are listeners, true and false stand for there and not there) and
// children, elements or texts.
export function make(name, attributes = {}, ...children)
{
	const element = document.createElement(name);

	for (const [key, value] of Object.entries(attributes))
	{
		if (typeof value === 'function')
			element.addEventListener(key, value);
		else if (value === true)
			element.setAttribute(key, '');
		else if (value !== false && value !== null)
			element.setAttribute(key, value);
	}
	element.append(...children);
	return element;
}
