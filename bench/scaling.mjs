/**
 * Measures how the time of a training step grows with layer width, batch size and depth. Writes a table, the fitted
 * exponents and a plot.
 *
 *     npm run bench:scaling
 *     npm run bench:scaling -- --quick --only batch --output FOLDER
 *
 * Takes the options of `npm run bench` that choose a build, an engine and a runtime. Status 2: a result differs from
 * its checksum, or another error.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readExpected } from './measure/expected.mjs';
import { machine, machineLine } from './measure/machine.mjs';
import { measure } from './measure/session.mjs';
import { readSides, SIDE_OPTIONS } from './measure/sides.mjs';
import { exponentInterval, median, powerLaw } from './measure/statistics.mjs';
import { chosen, endWithHelp, HELP_OPTION } from './options.mjs';
import { digits, duration, table } from './report/format.mjs';
import { logPlot } from './report/plot.mjs';
import { trainingFlops } from './workloads/networks.mjs';
import { scalingNetworks } from './workloads/scaling.mjs';

/**
 * The sweeps, each with the exponent of its arithmetic alone.
 *
 * @type {Record<string, { title: string, x: string, arithmetic: number }>}
 */
const SWEEPS = {
  width: { title: 'width: w-w-w-10, 64 rows', x: 'units per layer', arithmetic: 2 },
  batch: { title: 'batch: 784-128-10', x: 'rows per batch', arithmetic: 1 },
  depth: { title: 'depth: 128 units per layer, 64 rows', x: 'hidden layers', arithmetic: 1 },
};

const HELP = `npm run bench:scaling -- [options]

Measures how the time of a training step grows with layer width, batch size and depth: a table, the fitted exponents
and a plot. Status 2: a result differs from its checksum, or another error.

  --only PART        measurements with that in their names: width, batch, depth; may be given several times
  --quick            3 rounds instead of 9
  --output DIR       where the table and the plot are written, default bench/results
  --json FILE        also writes the result there
  --package DIR      the build to measure, default this one
  --engine A=B,C=D   options of the engine
  --runtime COMMAND  what runs the library, as "deno run --allow-all"
  --help             print this
`;

/** Points at the upper end, where arithmetic dominates the fixed costs of a step. */
const UPPER = 4;

const intervalText = (/** @type {import('./measure/statistics.mjs').Interval} */ { estimate, low, high }) =>
  `${estimate.toFixed(2)} (${low.toFixed(2)} … ${high.toFixed(2)})`;

try {
  const { values } = parseArgs({
    options: {
      ...SIDE_OPTIONS,
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      output: { type: 'string', default: 'bench/results' },
      json: { type: 'string' },
      ...HELP_OPTION,
    },
  });
  endWithHelp(values.help, HELP);
  const wants = chosen(values.only);
  const rounds = values.quick ? 3 : 9;
  const sides = readSides(values);
  const rows = await measure({
    sides,
    groups: ['scaling'],
    wants: (name) => name.startsWith('scaling/') && wants(name),
    rounds,
    processes: 1,
    tailCalls: 1,
    expected: readExpected(),
    log: (line) => process.stderr.write(`${line}\n`),
  });
  if (rows.length === 0) throw new Error('--only: part of the name of a measurement expected, got none that matches.');

  const points = scalingNetworks().flatMap((network) => {
    const row = rows.find(({ name }) => name === `scaling/${network.name}`);
    if (row === undefined) return [];
    const steps = row.sides[0].seconds.flat().map((seconds) => seconds / network.steps);
    return [{ network, steps, middle: median(steps) }];
  });
  mkdirSync(values.output, { recursive: true });
  const on = machine();
  const told = [`${new Date().toISOString().slice(0, 10)}, ${machineLine(on)}, ${sides[0].runs}`];
  const sweeps = [];
  for (const [sweep, { title, x, arithmetic }] of Object.entries(SWEEPS)) {
    const of = points.filter(({ network }) => network.sweep === sweep);
    if (of.length < 2) continue;
    const exponentOf = (/** @type {typeof of} */ some) =>
      exponentInterval(
        some.map(({ network }) => network.at),
        some.map(({ steps }) => steps),
      );
    const upper = of.slice(-UPPER);
    const [all, last] = [exponentOf(of), exponentOf(upper)];
    const law = powerLaw(
      upper.map(({ network }) => network.at),
      upper.map(({ middle }) => middle),
    );
    const name = `${sweep}: exponent ${intervalText(last)} over the last ${upper.length}, ${intervalText(all)} over all; of the arithmetic ${arithmetic}`;
    told.push(
      '',
      table([
        [title, 'a step', 'a row', ''],
        ...of.map(({ network, middle }) => [
          String(network.at),
          duration(middle),
          duration(middle / network.batch),
          `${digits((network.batch * trainingFlops(network)) / middle / 1e9)} GFLOP/s`,
        ]),
      ]),
      name,
    );
    const curve = {
      name: 'measured',
      points: of.map(({ network, middle }) => /** @type {const} */ ([network.at, middle * 1e6])),
    };
    const line = { exponent: law.exponent, factor: law.factor * 1e6, from: upper[0].network.at };
    const plot = logPlot({
      title: `${title}: time ∝ ${sweep}^${last.estimate.toFixed(2)} at the upper end`,
      x,
      y: 'µs per training step',
      curves: [{ ...curve, line }],
    });
    writeFileSync(join(values.output, `scaling-${sweep}.svg`), plot);
    sweeps.push({
      sweep,
      exponent: last,
      exponentOfAll: all,
      points: of.map(({ network, steps }) => ({ at: network.at, steps })),
    });
  }
  if (values.json !== undefined) {
    const result = { format: 'wasm-mlp-scaling', version: 1, date: new Date().toISOString(), machine: on, sweeps };
    writeFileSync(values.json, `${JSON.stringify(result)}\n`);
  }
  process.stdout.write(`${told.join('\n')}\n`);
} catch (error) {
  process.stderr.write(`bench:scaling: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
