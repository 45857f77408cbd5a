/**
 * Runs units on one side, or interleaved on two, and checks every result against its checksum before its time counts.
 * The units are measured in processes of their own (worker.mjs); sides.mjs reads which sides there are.
 */
import { fileURLToPath } from 'node:url';
import { askedNumerics } from '../kernels/setting.mjs';
import { sizesOf } from '../workloads/sizes.mjs';
import { STARTS, startPair } from '../workloads/start.mjs';
import { Contestant } from './contestant.mjs';
import { secondsOf } from './estimate.mjs';

/**
 * @typedef {object} Side
 * @property {string} name
 * @property {readonly string[]} runtime command and flags
 * @property {ReturnType<typeof import('../workloads/package.mjs').packageFiles>} files
 * @property {Record<string, unknown>} engine
 * @property {boolean} ownBits whether its results may differ from the expected checksums, as in another version
 * @property {string} [runs] the name of its runtime
 * @property {Record<string, unknown>} [info] of its engine
 *
 * @typedef {object} Measured Measurement of one side of a row.
 * @property {number} amount
 * @property {number} [flops]
 * @property {string} [checksum]
 * @property {string} [note]
 * @property {number} [bytes] where the row is a size
 * @property {number[][]} seconds repetitions, by process
 * @property {number[][]} [share]
 * @property {Record<string, number[][]>} [counts]
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {'sample' | 'flop' | 'byte' | 'call' | 'size'} of
 * @property {boolean} [again] whether it stood out at first and was measured again, with another number of
 * repetitions
 * @property {boolean} [difference] whether its times are differences, which may be near zero
 * @property {Measured[]} sides
 *
 * @typedef {object} Plan
 * @property {readonly Side[]} sides
 * @property {readonly string[]} groups
 * @property {(name: string) => boolean} wants
 * @property {number} rounds
 * @property {number} processes
 * @property {number} tailCalls
 * @property {Awaited<ReturnType<typeof import('../kernels/setting.mjs').kernelSetting>>} [kernels]
 * @property {Record<string, Record<string, string>>} expected checksums, by numerics and name
 * @property {boolean} [update] whether checksums are written into `expected` instead of being checked against it
 * @property {(line: string) => void} log what is to be kept of the run
 * @property {(run: { seconds: number, units: number }) => void} [begin] called before the first measurement, with the
 * estimated time of all
 * @property {(place: import('./progress.mjs').Place) => void} [step] called as the run goes on, before each measurement
 */

/** Results differ from their checksums, so their times mean nothing. */
class ChecksumError extends Error {}

const WORKER = fileURLToPath(new URL('../worker.mjs', import.meta.url));

/** Returns the numerics of a side's results. A runtime that does not fuse gives strict ones. @param {Side} side */
const numericsOf = ({ engine, info }) => /** @type {string | undefined} */ (info?.numerics) ?? askedNumerics(engine);

/** Checks results against checksums, or collects them. */
class Ledger {
  /** @type {string[]} */
  wrong = [];
  /** @type {Map<Side, Map<string, string>>} */
  #own = new Map();

  /** @param {Plan['expected']} expected @param {boolean} [update] */
  constructor(expected, update = false) {
    this.expected = expected;
    this.update = update;
  }

  /** @param {Side} side @param {string} name @param {string | undefined} checksum */
  check(side, name, checksum) {
    if (checksum === undefined) return;
    const numerics = numericsOf(side);
    if (this.update) (this.expected[numerics] ??= {})[name] = checksum;
    let own = this.#own.get(side);
    if (own === undefined) this.#own.set(side, (own = new Map()));
    if (side.ownBits && !own.has(name)) own.set(name, checksum);
    const expected = side.ownBits ? own.get(name) : this.expected[numerics]?.[name];
    if (checksum === expected) return;
    this.wrong.push(
      `${name} (${side.name}, ${numerics}): expected ${expected ?? 'a stated checksum'}, got ${checksum}`,
    );
  }

  /** Throws if any result was wrong. */
  settle() {
    if (this.wrong.length > 0)
      throw new ChecksumError(`results differ from their checksums:\n${this.wrong.join('\n')}`);
  }
}

/**
 * @param {Plan} plan
 * @returns {Promise<Row[]>}
 */
export async function measure(plan) {
  const { sides, wants, rounds, processes, log } = plan;
  const ledger = new Ledger(plan.expected, plan.update);
  /** @type {Map<string, Row>} */
  const rows = new Map();

  /** @param {string} name @param {Row['of']} of @param {number} side @returns {Measured} */
  const entry = (name, of, side) => {
    let row = rows.get(name);
    if (row === undefined) rows.set(name, (row = { name, of, sides: [] }));
    return (row.sides[side] ??= { amount: 1, seconds: [] });
  };
  /** @param {number[][]} groups @param {number} process @param {number} value */
  const push = (groups, process, value) => (groups[process] ??= []).push(value);

  /**
   * @param {string} name
   * @param {Row['of']} of
   * @param {number} side
   * @param {number} process
   * @param {import('./unit.mjs').Prepared} prepared
   * @param {import('./unit.mjs').Repetition} repetition
   */
  const record = (name, of, side, process, prepared, { seconds, share, counts }) => {
    for (const [measured, value] of Object.entries(seconds)) {
      const one = entry(measured === '' ? name : `${name}, ${measured}`, of, side);
      Object.assign(one, prepared);
      push(one.seconds, process, value);
      if (measured !== '') continue;
      if (share !== undefined) push((one.share ??= []), process, share);
      for (const [what, count] of Object.entries(counts ?? {}))
        push(((one.counts ??= {})[what] ??= []), process, count);
    }
  };

  sides.forEach(({ files }, index) => {
    for (const { name, bytes } of sizesOf(files.shipped)) {
      if (wants(name)) entry(name, 'size', index).bytes = bytes;
    }
  });

  for (let process = 0; process < processes; process++) {
    /** @type {Awaited<ReturnType<typeof open>>[]} */
    const running = [];
    try {
      // One after the other, since opening already measures which loop gives the peak.
      for (const side of sides) running.push(await open(plan, side));
      const units = running[0].units.filter(({ name }) => wants(name));
      for (const name of STARTS) if (wants(name)) units.push({ name, of: 'call' });
      if (units.length === 0) break;
      const whole = units.map(({ name }) => secondsOf(name, plan.tailCalls));
      const seconds = (/** @type {readonly typeof whole[number][]} */ some, /** @type {'prepare' | 'run'} */ part) =>
        sides.length * some.reduce((sum, one) => sum + one[part], 0);
      const ofProcess = seconds(whole, 'prepare') + rounds * seconds(whole, 'run');
      if (process === 0) plan.begin?.({ seconds: processes * ofProcess, units: units.length });
      const step = (/** @type {number} */ round, /** @type {number} */ number) => {
        const before = whole.slice(0, number);
        const done =
          round === 0
            ? seconds(before, 'prepare')
            : seconds(whole, 'prepare') + (round - 1) * seconds(whole, 'run') + seconds(before, 'run');
        const share = (process + done / ofProcess) / processes;
        plan.step?.({ process, processes, round, rounds, what: units[number].name, share });
      };
      /** @type {Map<string, (import('./unit.mjs').Prepared | undefined)[]>} */
      const prepared = new Map();
      for (const [number, { name }] of units.entries()) {
        step(0, number);
        const all = [];
        for (const [index, { contestant }] of running.entries()) {
          if (isStart(name)) all.push(prepareStart(name, sides[index]));
          else {
            const one = await contestant.ask('prepare', { unit: name }).catch((/** @type {Error} */ error) => {
              // Another version may lack this unit; this version has to have it.
              if (index === 0) throw new Error(`${name}: ${error.message}`);
              log(`${name}: left out. ${error.message}`);
              return undefined;
            });
            ledger.check(sides[index], name, one?.checksum);
            all.push(one);
          }
        }
        prepared.set(name, all);
      }
      ledger.settle();

      for (let round = 0; round < rounds; round++) {
        for (const [number, { name, of }] of units.entries()) {
          step(round + 1, number);
          const order = sides.map((_, index) => index);
          // The order alternates, so that a machine that slows down favours neither side.
          if ((round + number) % 2 === 1) order.reverse();
          for (const index of order) {
            const ready = prepared.get(name)?.[index];
            if (ready === undefined) continue;
            const repetition = isStart(name)
              ? startPair(name, startSide(sides[index]))
              : await running[index].contestant.ask('run', { unit: name });
            ledger.check(sides[index], name, repetition.checksum);
            ledger.settle();
            record(name, of, index, process, ready, repetition);
          }
        }
      }
    } finally {
      await Promise.all(running.map(({ contestant }) => contestant.close()));
    }
  }
  for (const name of STARTS) {
    const start = rows.get(name);
    if (start) start.difference = true;
  }
  return [...rows.values()];

  /** @param {string} name @param {Side} side */
  function prepareStart(name, side) {
    const first = startPair(name, startSide(side));
    if (first === undefined) return undefined;
    ledger.check(side, name, first.checksum);
    return { amount: 1, checksum: first.checksum };
  }
}

/** @param {string} name */
const isStart = (name) => STARTS.some((start) => start === name);

/** @param {Side} side */
const startSide = ({ runtime, files, engine }) => ({ runtime, engine, entry: files.entry, predict: files.predict });

/** @param {Plan} plan @param {Side} side */
async function open({ groups, tailCalls, kernels }, side) {
  const [command, ...flags] = side.runtime;
  const contestant = new Contestant(side.name, command, [...flags, WORKER]);
  const numerics = askedNumerics(side.engine);
  try {
    const { engine, runtime, units } = await contestant.ask('open', {
      options: {
        entry: side.files.entry,
        engine: side.engine,
        groups,
        tailCalls,
        ...(kernels && {
          kernels: { ...kernels, roofs: kernels.roofs[numerics], kernels: side.files.kernels[numerics] },
        }),
      },
    });
    side.info = engine;
    side.runs = runtime;
    return { contestant, units: /** @type {{ name: string, of: Row['of'] }[]} */ (units) };
  } catch (error) {
    await contestant.close();
    throw error;
  }
}
