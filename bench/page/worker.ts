/**
 * Runs the measurements of the page in a worker, so that the page stays responsive: the same work as `npm run bench`,
 * from bench/kernels and bench/workloads. Each result is compared with its checksum, in each round.
 */
import * as library from '../../dist/index.js';
import { compileInt8 } from '../../src/runtime/int8/load.js';
import { kernelUnits } from '../kernels/units.mjs';
import { median } from '../measure/statistics.mjs';
import { NETWORKS } from '../workloads/networks.mjs';
import { predictionUnits } from '../workloads/prediction.mjs';
import { trainingUnit } from '../workloads/training.mjs';
import type { Prepared, Repetition, Unit } from '../measure/unit.mjs';
import { amountOf, NAMES, type Amount, type Measured, type Message, type Result } from './plan.js';

/** What build.mjs writes beside this script. */
interface Data {
  readonly version: string;
  /** Checksums by name. */
  readonly expected: Readonly<Record<string, string>>;
  /** The ABI of the kernels. */
  readonly table: Readonly<Record<string, readonly string[]>>;
  readonly peakLoops: readonly { name: string; products: number }[];
}

/** 128 MiB: operands of the products fit, and computers with little address space reserve no more. */
const MAXIMUM_PAGES = 2048;

const post = (message: Message): void => postMessage(message);

/** Fetches a file beside this script. */
async function beside(name: string): Promise<Response> {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: a file beside the page expected, got status ${response.status}.`);
  return response;
}
const bytes = async (name: string): Promise<Uint8Array> => new Uint8Array(await (await beside(name)).arrayBuffer());

/** A turn of the event loop, in which engines install code that they compiled on another thread. */
const pause = (): Promise<void> => new Promise((wake) => void setTimeout(wake, 0));

/** Returns the milliseconds by which the clock advances at least. */
function clockStep(): number {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    least = Math.min(least, now - start);
  }
  return least;
}

async function allUnits(engine: library.Engine, data: Data, { kernelTurn }: Amount): Promise<Map<string, Unit>> {
  const [kernels, roofs] = await Promise.all([bytes('kernels.wasm'), bytes('roofs.wasm')]);
  const { tile } = engine.info;
  const { table, peakLoops } = data;
  const units: Unit[] = [
    ...(await kernelUnits({
      table,
      kernels,
      roofs,
      peakLoops,
      tile,
      turn: kernelTurn,
      maximumPages: MAXIMUM_PAGES,
    })),
    ...NETWORKS.filter(({ name }) => name !== 'big').flatMap((network) => [
      ...predictionUnits(library, engine, network),
      trainingUnit(library, engine, network),
    ]),
  ];
  return new Map(units.map((unit) => [unit.name, unit]));
}

/** What a turn gave. */
interface Turn {
  /** Amount per second. */
  readonly rate: number;
  /** Of the bound's rate. */
  readonly share: number | undefined;
  readonly checksums: readonly (string | undefined)[];
}

/** Runs a unit for at least a turn. */
async function runTurn(unit: Unit, { amount: work }: Prepared, { turn }: Amount): Promise<Turn> {
  const repetitions: Repetition[] = [];
  let seconds = 0;
  // A kernel repeats its turns itself.
  const least = unit.name.startsWith('kernel/') ? 0 : turn / 1000;
  do {
    const repetition = await unit.run();
    repetitions.push(repetition);
    seconds += repetition.seconds[''];
  } while (seconds < least);
  return {
    rate: (repetitions.length * work) / seconds,
    share: repetitions[0].share,
    checksums: repetitions.map(({ checksum }) => checksum),
  };
}

/** Returns what is to be reported of the checksums of all repetitions: one that is wrong, if any is. */
const checksumOf = (checksums: readonly (string | undefined)[], expected: string): string | undefined =>
  checksums.find((checksum) => checksum !== undefined && checksum !== expected) ?? checksums[0];

async function measure(amount: Amount): Promise<Result> {
  const data = (await (await beside('data.json')).json()) as Data;
  const engine = await library.createEngine();
  const units = await allUnits(engine, data, amount);
  const { rounds } = amount;
  const total = NAMES.length * (1 + rounds);
  let done = 0;
  const report = (what: string): void => post({ kind: 'progress', done: done++, total, what });

  const prepared: { unit: Unit; work: Prepared; turns: Turn[]; checksums: (string | undefined)[] }[] = [];
  for (const name of NAMES) {
    report(name);
    const unit = units.get(name);
    if (unit === undefined) throw new Error(`${name}: a measurement expected, got a name that none has.`);
    const work = await unit.prepare();
    await pause();
    // Engines have optimized the code by the end of this turn, whose time does not count.
    const { checksums } = await runTurn(unit, work, amount);
    prepared.push({ unit, work, turns: [], checksums: [work.checksum, ...checksums] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { unit, work, turns, checksums } of prepared) {
      report(unit.name);
      await pause();
      const turn = await runTurn(unit, work, amount);
      turns.push(turn);
      checksums.push(...turn.checksums);
    }
  }
  const measured = prepared.map(({ unit: { name, of }, turns, checksums }, index): Measured => {
    const expected = data.expected[name];
    const checksum = checksumOf(checksums, expected);
    const shares = turns.flatMap(({ share }) => share ?? []);
    return {
      name,
      of: of === 'flop' ? 'flop' : 'sample',
      rate: median(turns.map(({ rate }) => rate)),
      ...(shares.length > 0 && { share: median(shares) }),
      ...(checksum !== undefined && { checksum, expected }),
      ...(name.endsWith(' int8') && {
        speedUp: median(turns.map(({ rate }, round) => rate / prepared[index - 1].turns[round].rate)),
      }),
    };
  });
  const { simd256, tile, numerics, sharedMemory, sameBits, reasons } = engine.info;
  return {
    version: data.version,
    measured,
    engine: { simd256, tile, numerics, sharedMemory, sameBits, reasons },
    int8: (await compileInt8())?.path ?? 'plain',
    clock: clockStep(),
  };
}

try {
  post({ kind: 'result', result: await measure(amountOf(location.search)) });
} catch (error) {
  post({ kind: 'error', message: error instanceof Error ? error.message : String(error) });
}
