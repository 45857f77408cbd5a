/**
 * The chart of the comparison with others, drawn of its table: of what was just measured, or of docs/benchmarks.md. So
 * the figures of the chart are those of the table.
 */
import { panelChart } from '../report/plot.mjs';
import { NETWORKS } from '../workloads/networks.mjs';

/** Rows of the table whose names start with this are ours. */
const OURS = 'wasm-mlp';

/** The marks in docs/benchmarks.md between which the table and its notes are. */
export const [BEGIN, END] = ['<!-- peers -->', '<!-- /peers -->'];

/** Seconds of the units of time. @type {Readonly<Record<string, number>>} */
const SECONDS = { µs: 1e-6, ms: 1e-3, s: 1 };

/**
 * Reads a cell such as `**126,553/s**`, `14.7 µs (3.57×)` or `59.8 GFLOP/s`: its text without the ratio, and what bars
 * are drawn of, which is larger where it is faster.
 *
 * @param {string} cell
 */
function readCell(cell) {
  const text = cell.replaceAll('*', '').replace(/ \(.*\)$/, '');
  const [, number, unit] = /^([\d.,]+) ?(\/s|µs|ms|s|GFLOP\/s)$/.exec(text) ?? [];
  if (unit === undefined) throw new Error(`peers: a rate, a time or GFLOP/s expected in the table, got ${cell}.`);
  const value = Number(number.replaceAll(',', ''));
  return { text, value: unit in SECONDS ? 1 / (value * SECONDS[unit]) : value };
}

/** The title of a panel: the heading of a column with the layers of its network, and the unit. @param {string} name */
function titleOf(name) {
  const network = NETWORKS.find((one) => name.includes(one.name));
  const unit = name.startsWith('matrix product') ? 'GFLOP/s' : 'rows per second';
  const whole = network === undefined ? name : name.replace(network.name, `${network.name} ${network.sizes.join('-')}`);
  return `${whole}: ${unit}`;
}

/**
 * Draws the chart, a panel for each column.
 *
 * @param {readonly (readonly string[])[]} lines the table: a heading, then a line for each contestant
 * @param {string} where date and machine
 */
export function peersChart([heading, ...lines], where) {
  const panels = heading.slice(1).map((name, column) => ({
    name: titleOf(name),
    bars: lines.flatMap(([contestant, ...cells]) =>
      cells[column] ? [{ name: contestant, isOurs: contestant.startsWith(OURS), ...readCell(cells[column]) }] : [],
    ),
  }));
  return panelChart({
    title: `${OURS} (blue) and others (grey): longer is faster; the axes are logarithmic`,
    subtitle: where,
    panels: panels.filter(({ bars }) => bars.length > 0),
  });
}

/**
 * Draws the chart of a document's table.
 *
 * @param {string} document
 */
export function chartOfDocument(document) {
  const part = document.slice(document.indexOf(BEGIN), document.indexOf(END));
  const [heading, , ...lines] = part
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())); // prettier-ignore
  const where = /^\d{4}-\d\d-\d\d, .*? one thread(?=\.)/m.exec(part.replace(/([^|\n])\n(?=[^\n|])/g, '$1 '))?.[0];
  if (heading === undefined || where === undefined) {
    throw new Error(`peers: a table and its date expected between ${BEGIN} and ${END}.`);
  }
  return peersChart([heading, ...lines], where);
}
