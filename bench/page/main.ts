/**
 * The page: starts worker.ts, says how far it is, and shows the result. show.ts writes the tables, identity.ts makes
 * the id.
 */
import { browserOf, compareIds, idOf } from './identity.js';
import { amountOf, secondsOf, type Message, type Result } from './plan.js';
import { describeEngine, showEngine, showTables, showVerdict, textOf } from './show.js';

/** Returns an element of index.html, which has it. */
const byId = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;

const start = byId<HTMLButtonElement>('start');
const stop = byId<HTMLButtonElement>('stop');
const running = byId('running');
const status = byId('status');
const results = byId('results');

const browser = browserOf(navigator.userAgent);
const amount = amountOf(location.search);
byId('estimate').textContent =
  `Takes about ${Math.max(5, 5 * Math.ceil(secondsOf(amount) / 5))} seconds. ` +
  'Keep this tab in front, and close what else is at work.';

let worker: Worker | undefined;
/** Whether the tab was in the background at some time of the run. */
let wasHidden = false;
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') wasHidden = true;
});

/** Ends the run, if there is one, and says why. */
function end(why: string, isFault = false): void {
  worker?.terminate();
  worker = undefined;
  running.hidden = true;
  stop.hidden = true;
  start.hidden = false;
  status.textContent = why;
  status.classList.toggle('fault', isFault);
}

function show(result: Result): void {
  const id = idOf(result, browser);
  byId('id').textContent = id;
  showVerdict(byId('verdict'), result, wasHidden);
  showEngine(byId('engine'), describeEngine(result, browser));
  showTables(byId('tables'), result);
  byId('copy-text').onclick = () => void copy(textOf(result, browser));
  byId('copy-id').onclick = () => void copy(id);
  byId<HTMLFormElement>('compare').onsubmit = (event) => {
    event.preventDefault();
    byId('compared').textContent = compareIds(id, byId<HTMLInputElement>('other').value);
  };
  results.hidden = false;
  end('The run has ended.');
  byId('results-title').focus();
}

/** Copies a text, by a selection of it where the page has no clipboard: it is no secure context. */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = 'Copied.';
  } catch {
    const shown = byId('plain-text');
    shown.textContent = text;
    shown.hidden = false;
    getSelection()?.selectAllChildren(shown);
    status.textContent =
      'This browser does not let the page copy. The text is selected: copy it by your keyboard or menu.';
  }
}

start.onclick = () => {
  wasHidden = document.visibilityState === 'hidden';
  results.hidden = true;
  byId('plain-text').hidden = true;
  running.hidden = false;
  start.hidden = true;
  stop.hidden = false;
  stop.focus();
  status.textContent = 'Measuring.';
  status.classList.remove('fault');
  byId<HTMLProgressElement>('progress').value = 0;
  byId('what').textContent = 'starting';
  // The address carries the amount.
  worker = new Worker(new URL(`worker.js${location.search}`, import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'result') show(data.result);
    else if (data.kind === 'error') end(data.message, true);
    else {
      byId<HTMLProgressElement>('progress').value = data.done / data.total;
      byId('what').textContent = data.what;
    }
  };
  worker.onerror = ({ message }) =>
    end(`A browser with module workers expected (Chrome 80, Firefox 114, Safari 15), got: ${message || 'none'}.`, true);
};
stop.onclick = () => {
  end('Stopped.');
  start.focus();
};
start.disabled = false;
