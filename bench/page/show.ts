/** Shows a result: as tables of the page, and as text to copy. */
import { digits } from '../report/format.mjs';
import { hashOfResults, idOf, vectorBits, type Browser } from './identity.js';
import { GROUPS, type Measured, type Result } from './plan.js';

/** Creates an element with a text. */
function element<K extends keyof HTMLElementTagNameMap>(name: K, text = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** What a speed is: operations of products, samples of everything else. */
const speedOf = ({ of, rate }: Measured): string =>
  of === 'flop' ? `${digits(rate / 1e9)} GFLOP/s` : `${digits(rate)}/s`;

/** Whether a result has other bits than expected. A bound has no result. */
const isWrong = ({ checksum, expected }: Measured): boolean => checksum !== expected;

/** What a speed is compared with: the peak of the engine, or float32. */
function comparisonOf({ share, speedUp, checksum }: Measured): string {
  if (speedUp !== undefined) return `${speedUp.toFixed(2)}×`;
  // A bound is all of itself.
  return share === undefined || checksum === undefined ? '' : `${Math.round(100 * share)} %`;
}

/** The name without its group, in words. */
const shortName = ({ name }: Measured): string =>
  name === 'kernel/peak' ? 'peak, on registers' : name.slice(name.indexOf('/') + 1).replace(/^gemm /, '');

/** The title of each group, and the heading of what its speeds are compared with. */
const HEADINGS: Readonly<Record<keyof typeof GROUPS, readonly [title: string, comparison?: string]>> = {
  products: ['Matrix products, rows × columns × inputs', 'of the peak'],
  predictions: ['Predictions, rows per second', 'of float32'],
  trainings: ['Training, rows per second'],
};

/** The measurements of a result by group, with their headings. */
const groupsOf = ({ measured }: Result): { title: string; comparison?: string; of: readonly Measured[] }[] =>
  Object.entries(GROUPS).map(([group, names]) => {
    const [title, comparison] = HEADINGS[group as keyof typeof GROUPS];
    return { title, comparison, of: measured.filter(({ name }) => (names as readonly string[]).includes(name)) };
  });

/** Says whether a result has the expected bits, or which it has. */
const bitsOf = (one: Measured): string =>
  one.checksum === undefined ? '' : isWrong(one) ? `wrong: ${one.checksum.slice(0, 12)}` : 'right';

export function showTables(into: HTMLElement, result: Result): void {
  into.replaceChildren(
    ...groupsOf(result).map(({ title, comparison, of }) => {
      const table = element('table');
      table.append(element('caption', title));
      const head = table.createTHead().insertRow();
      for (const text of ['work', 'speed', ...(comparison === undefined ? [] : [comparison]), 'bits']) {
        const cell = element('th', text);
        cell.scope = 'col';
        head.append(cell);
      }
      const body = table.createTBody();
      for (const one of of) {
        const row = body.insertRow();
        const name = element('th', shortName(one));
        name.scope = 'row';
        const bits = element('td', bitsOf(one));
        bits.className = isWrong(one) ? 'fault' : 'good';
        row.append(name, element('td', speedOf(one)));
        if (comparison !== undefined) row.append(element('td', comparisonOf(one)));
        row.append(bits);
      }
      return table;
    }),
  );
}

/** Says whether all bits are as expected, and what makes speeds doubtful. */
export function showVerdict(into: HTMLElement, { measured }: Result, wasHidden: boolean): void {
  const results = measured.filter(({ checksum }) => checksum !== undefined);
  const wrong = results.filter(isWrong);
  into.className = wrong.length === 0 ? 'good' : 'fault';
  into.textContent =
    wrong.length === 0
      ? `All ${results.length} results have the expected bits: hash ${hashOfResults(measured, 'expected')}.`
      : `${wrong.length} of ${results.length} results have other bits than expected, so their speeds do not count: ` +
        `${wrong.map(({ name }) => name).join('; ')}. The hash should be ${hashOfResults(measured, 'expected')}.`;
  if (wasHidden) into.textContent += ' The tab was in the background for a part of the run: speeds may be too low.';
}

/** Facts about browser and engine, as pairs. */
export function describeEngine(result: Result, browser: Browser): readonly (readonly [name: string, value: string])[] {
  const { engine, int8, clock, version } = result;
  return [
    ['library', `wasm-mlp ${version}`],
    ['browser', `${browser.name} ${browser.version}`],
    ['engine', browser.engine],
    ['vectors', `${vectorBits(result)} bits, tile ${engine.tile}, ${engine.numerics}`],
    ['eight bits', int8 === 'relaxed' ? 'relaxed SIMD' : 'plain SIMD'],
    ['memory', engine.sharedMemory ? 'shared' : 'not shared: the page is not isolated'],
    ['processors', `${navigator.hardwareConcurrency}, of which one is used`],
    ['clock', `advances by ${digits(clock)} ms`],
    ...(engine.sameBits ? [] : ([['numbers', engine.reasons.join(' ')]] as const)),
  ];
}

export function showEngine(into: HTMLElement, facts: ReturnType<typeof describeEngine>): void {
  into.replaceChildren(...facts.flatMap(([name, value]) => [element('dt', name), element('dd', value)]));
}

/** All of a result as text, such as for an issue. */
export function textOf(result: Result, browser: Browser): string {
  const lines = groupsOf(result).flatMap(({ title, comparison, of }) => [
    '',
    title,
    ...of.map((one) => {
      const compared = comparisonOf(one);
      const parts = [shortName(one), speedOf(one), compared === '' ? '' : `${compared} ${comparison}`, bitsOf(one)];
      return `  ${parts.filter(Boolean).join(', ')}`;
    }),
  ]);
  const facts = describeEngine(result, browser).map(([name, value]) => `${name}: ${value}`);
  return [`id: ${idOf(result, browser)}`, ...facts, ...lines, ''].join('\n');
}
