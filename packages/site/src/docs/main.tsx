/** Pages of the documentation: their head, the search, and the buttons that run snippets. */
import { render } from 'preact';
import { keepFocusInView } from '../components/focus.js';
import { Head } from '../components/page.js';
import { restoreTheme } from '../components/theme.js';
import { workOffline } from '../offline/register.js';
import '../style/theme.css';
import '../style/docs.css';
import { Search } from './search.js';
import { textOf } from './shown.mjs';

interface SnippetModule {
  readonly run: (
    last: number,
    show: (text: string, value: unknown) => void,
    console: Pick<Console, 'log'>,
  ) => Promise<void>;
}

const snippets = import.meta.glob<SnippetModule>('./generated/*.ts');

/** Runs a snippet up to a block; returns what it shows. */
async function printed(id: string, block: number): Promise<string> {
  const lines: string[] = [];
  try {
    const { run } = await snippets[`./generated/${id}.ts`]();
    await run(block, (text, value) => lines.push(textOf(text, value)), {
      log: (...values: unknown[]) => lines.push(values.map(String).join(' ')),
    });
  } catch (error) {
    lines.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
  return lines.join('\n') || 'It ran, and shows nothing.';
}

async function onRun(button: HTMLButtonElement): Promise<void> {
  const { snippet, block, output } = button.dataset;
  const place = button.nextElementSibling as HTMLElement;
  button.disabled = true;
  place.hidden = false;
  place.textContent = 'Running …';
  place.textContent = output ?? (await printed(snippet!, Number(block)));
  button.disabled = false;
}

restoreTheme();
keepFocusInView();
render(<Head current="./docs.html" />, document.getElementById('head')!);
render(<Search />, document.getElementById('search')!);
addEventListener('click', ({ target }) => {
  if (target instanceof HTMLButtonElement && target.dataset.snippet !== undefined) void onRun(target);
});
// Before there was nothing that a click would do.
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-snippet]')) button.disabled = false;
workOffline();
