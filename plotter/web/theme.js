// theme.js
//		Dark or light: what the system prefers, until somebody chooses.

const KEY = 'btrdb-plotter-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

// Returns what was chosen, or null; a browser may refuse to keep it.
function chosen()
{
	try
	{
		return localStorage.getItem(KEY);
	}
	catch
	{
		return null;
	}
}

function current()
{
	return chosen() ?? (system.matches ? 'dark' : 'light');
}

// Puts the theme on the page.
function apply(button)
{
	const theme = current();

	document.documentElement.dataset.theme = theme;
	button.textContent = theme === 'dark' ? 'Light' : 'Dark';
}

// Lets a button switch; changed() is called when the theme is another.
export function startTheme(button, changed)
{
	apply(button);
	button.addEventListener('click', () => {
		const other = current() === 'dark' ? 'light' : 'dark';

		try
		{
			// back to what the system prefers is no choice
			if (other === (system.matches ? 'dark' : 'light'))
				localStorage.removeItem(KEY);
			else
				localStorage.setItem(KEY, other);
		}
		catch
		{
			// not kept, and so not switched
		}
		apply(button);
		changed();
	});
	system.addEventListener('change', () => {
		apply(button);
		changed();
	});
}
