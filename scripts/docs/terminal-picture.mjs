/**
 * Writes docs/training.svg: the main job in a terminal, from the output of a real run, each line at the time at which
 * it came. A page that shows the picture plays it once; where the reader prefers reduced motion, all lines are visible
 * from the start.
 *
 *     npm run docs:picture
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/**
 * Sizes in pixels. The font is the reader's monospaced one: a character is assumed to be 0.6 of the font size wide, as
 * in all common fonts.
 */
const FONT_SIZE = 13;
const LINE = 18;
const MARGIN = 16;
const TITLE_BAR = 28;
const COLUMNS = 80;

const COLOURS = { ground: '#11151c', bar: '#1d2430', text: '#d5dbe5', faint: '#7d8899', accent: '#7fd1a0' };

/** Whether the picture shows a line of the job: those up to the confusion matrix, and the end. @param {string} text */
const isShown = (text) => /^(network|digits|engine|epoch|test accuracy|trained in|weights SHA-256)/.test(text);

/**
 * Runs the job and returns its output, each line with the seconds since the start.
 *
 * @returns {Promise<{ text: string, at: number }[]>}
 */
function runJob() {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-picture-'));
  const job = ['dist/cli/main.js', '--output', join(folder, 'model.safetensors')];
  return new Promise((done, fail) => {
    const start = performance.now();
    const child = spawn(process.execPath, job, { stdio: ['ignore', 'pipe', 'inherit'] });
    /** @type {{ text: string, at: number }[]} */
    const lines = [];
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const text of parts) lines.push({ text, at: (performance.now() - start) / 1000 });
    });
    child.on('error', fail);
    child.on('close', (status) => {
      rmSync(folder, { recursive: true, force: true });
      if (status === 0) done(lines);
      else fail(new Error(`terminal-picture: the main job ended with status ${status}.`));
    });
  });
}

/** @param {string} text */
const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Breaks a line that is wider than the terminal. @param {{ text: string, at: number }} line */
const wrapped = ({ text, at }) =>
  Array.from({ length: Math.max(1, Math.ceil(text.length / COLUMNS)) }, (_, part) => ({
    text: text.slice(part * COLUMNS, (part + 1) * COLUMNS),
    at,
  }));

/** @param {string} text */
function colourOf(text) {
  if (/^(network|digits|engine|trained)/.test(text)) return COLOURS.faint;
  return /^(test accuracy|weights|\$)/.test(text) ? COLOURS.accent : COLOURS.text;
}

const shown = (await runJob()).filter(({ text }) => isShown(text));
const lines = [{ text: '$ npm start', at: 0 }, ...shown].flatMap(wrapped);
const width = Math.ceil(COLUMNS * FONT_SIZE * 0.6) + 2 * MARGIN;
const height = TITLE_BAR + lines.length * LINE + 2 * MARGIN;
const rows = lines.map(({ text, at }, row) => {
  const y = TITLE_BAR + MARGIN + row * LINE + FONT_SIZE;
  return `<text class="line" style="animation-delay:${at.toFixed(2)}s" x="${MARGIN}" y="${y}" fill="${colourOf(text)}" xml:space="preserve">${escape(text)}</text>`;
});
const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
  (colour, index) => `<circle cx="${MARGIN + 4 + 18 * index}" cy="${TITLE_BAR / 2}" r="5" fill="${colour}"/>`,
);
const picture = [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(shown.map(({ text }) => text).join('. '))}">`,
  '<style>',
  `text{font:${FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}`,
  '.line{opacity:0;animation:come .01s linear forwards}@keyframes come{to{opacity:1}}',
  '@media (prefers-reduced-motion:reduce){.line{opacity:1;animation:none}}',
  '</style>',
  `<rect width="${width}" height="${height}" rx="8" fill="${COLOURS.ground}"/>`,
  `<path d="M0 ${TITLE_BAR}V8a8 8 0 0 1 8-8H${width - 8}a8 8 0 0 1 8 8V${TITLE_BAR}z" fill="${COLOURS.bar}"/>`,
  ...dots,
  ...rows,
  '</svg>',
  '',
].join('\n');
writeFileSync('docs/training.svg', picture);
process.stderr.write(`terminal-picture: docs/training.svg, ${lines.length} lines, ${picture.length} bytes\n`);
