/**
 * Measures how evenly predictions of one row take their time: the median, p99 and p99.9 of a million calls, each timed,
 * beside those of a loop on registers that takes as long and is timed in the same way, in turns. What the loop has is
 * due to the machine: its interrupts, and other processes.
 *
 *     npm run bench:latency
 *     npm run bench:latency -- --only small --calls 100000
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Contestant } from './measure/contestant.mjs';
import { secondsOf } from './measure/estimate.mjs';
import { readExpected } from './measure/expected.mjs';
import { machine, machineLine } from './measure/machine.mjs';
import { inWords } from './measure/progress.mjs';
import { readSides, SIDE_OPTIONS } from './measure/sides.mjs';
import { atLeastOne, chosen, endWithHelp, HELP_OPTION } from './options.mjs';
import { duration, table } from './report/format.mjs';
import { sideLine } from './report/result.mjs';

const CALLS = 1_000_000;

/** Fewer have no p99.9. */
const LEAST_CALLS = 1000;

/** Largest ratio of p99 to the median that counts as even. */
const EVEN = 1.3;

const HELP = `npm run bench:latency -- [options]

Times a million predictions of one row each, beside a loop on registers that takes as long: the difference of their
tails is due to the library, what both have to the machine. bench/README.md explains the output.

  --only PART        networks with that in their names: tiny, small, mid; may be given several times
  --calls N          calls for each network, default ${CALLS.toLocaleString('en-US')}
  --engine A=B,C=D   options of the engine
  --runtime COMMAND  what runs the library, as "deno run --allow-all"
  --package DIR      the build to measure, default this one
  --help             print this
`;

async function run() {
  const { values } = parseArgs({
    options: {
      ...SIDE_OPTIONS,
      only: { type: 'string', multiple: true, default: [] },
      calls: { type: 'string' },
      ...HELP_OPTION,
    },
  });
  endWithHelp(values.help, HELP);
  const calls = atLeastOne('calls', values.calls, CALLS);
  if (calls < LEAST_CALLS) throw new Error(`--calls: at least ${LEAST_CALLS} expected, got ${calls}.`);
  const [side] = readSides(values);
  const wants = chosen(values.only);
  const [command, ...flags] = side.runtime;
  const worker = fileURLToPath(new URL('worker.mjs', import.meta.url));
  const contestant = new Contestant(side.name, command, [...flags, worker]);
  try {
    const { engine, runtime, units } = await contestant.ask('open', {
      options: { entry: side.files.entry, engine: side.engine, groups: ['tail'], tailCalls: calls },
    });
    const names = /** @type {{ name: string }[]} */ (units).map(({ name }) => name).filter(wants);
    if (names.length === 0) throw new Error('--only: part of the name of a network expected, got none that matches.');
    const seconds = names.map((name) => secondsOf(name, calls).run);
    process.stderr.write(`takes about ${inWords(seconds.reduce((sum, one) => sum + one, 0))}\n`);

    const expected = readExpected()[engine.numerics];
    const lines = [];
    const said = [];
    for (const [index, name] of names.entries()) {
      process.stderr.write(`${name}: about ${inWords(seconds[index])}\n`);
      const { checksum } = await contestant.ask('prepare', { unit: name });
      const { seconds: own, loopSeconds: loop, checksum: after } = await contestant.ask('run', { unit: name });
      for (const found of [checksum, after]) {
        if (found !== expected[name]) throw new Error(`${name}: checksum ${expected[name]} expected, got ${found}.`);
      }
      const [ratio, loopRatio] = [own, loop].map((of) => (of.p99 / of.median).toFixed(2));
      const cells = (/** @type {Record<string, number>} */ of) =>
        ['median', 'p99', 'p99.9'].map((q) => duration(of[q]));
      lines.push([name, ...cells(own), ratio], ['  a loop on registers', ...cells(loop), loopRatio]);
      said.push(
        `${name}: p99 is ${ratio} times the median, ` +
          (own.p99 <= EVEN * own.median
            ? `at most ${EVEN}`
            : `more than ${EVEN}; of the machine's own loop ${loopRatio}`),
      );
    }
    process.stdout.write(
      `${[
        `${new Date().toISOString().slice(0, 10)}, ${machineLine(machine())}`,
        sideLine({ name: 'this', version: side.files.version, runtime, engine }),
        `${calls.toLocaleString('en-US')} calls each`,
        '',
        table([['', 'median', 'p99', 'p99.9', 'p99 to median'], ...lines]),
        '',
        ...said,
      ].join('\n')}\n`,
    );
  } finally {
    await contestant.close();
  }
}

try {
  await run();
} catch (error) {
  process.stderr.write(`bench:latency: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
