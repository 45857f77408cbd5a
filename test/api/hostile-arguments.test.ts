/**
 * Calls every export of the package, and every method of the objects that it returns, with hostile arguments. Only the
 * library's errors, or errors thrown by the caller's own code, may come out, and a refused call must change nothing.
 *
 * By default each value of the pool replaces each whole argument, and a random share of the arguments' parts.
 * HOSTILE_CALLS asks for more calls, HOSTILE_SEED draws others. The valid calls are in support/hostile/calls.ts, the
 * pool of values in support/hostile/values.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  bystander,
  calls,
  disposeAll,
  engine,
  isAllowed,
  stale,
  subject,
  usedAtFirst,
  type Arguments,
  type Call,
  type Stated,
} from '../support/hostile/calls.js';
import { HOSTILE } from '../support/hostile/values.js';
import { source, type Source } from '../support/reference/random.js';

/** Number of calls in total, without those that replace whole arguments. */
const CALLS = Number(process.env.HOSTILE_CALLS ?? 30_000);
const SEED = Number(process.env.HOSTILE_SEED ?? 15);

type Path = readonly string[];

const isPlain = (value: unknown): value is Record<string, unknown> =>
  Array.isArray(value) ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);

/** Every part of some arguments: the arguments themselves, and the contents of plain objects and lists in them. */
function partsOf(value: unknown, path: Path = []): Path[] {
  const own = path.length === 0 ? [] : [path];
  if (!isPlain(value)) return own;
  // A part that can only be read, such as the best epoch of earlyStopping, no caller can replace.
  const written = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(
    ([, { enumerable, writable }]) => enumerable === true && writable === true,
  );
  return [...own, ...written.flatMap(([key, { value: inner }]) => partsOf(inner, [...path, key]))];
}

/** Replaces one part by a value. */
function replace(args: unknown[], path: Path, value: unknown): unknown[] {
  const holder = path.slice(0, -1).reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], args);
  (holder as Record<string, unknown>)[path.at(-1)!] = value;
  return args;
}

/** The bits of a model's weights, and its counters. */
function stateOf(model: Stated): string {
  let hash = 0x811c9dc5;
  for (const { data } of model.getWeights()) {
    const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
    for (let i = 0; i < bits.length; i++) hash = Math.imul(hash ^ bits[i], 0x01000193);
  }
  return `${hash >>> 0} after ${model.stepCount} steps and ${model.epochCount} epochs`;
}

/** Time limit of one call. A call that does not end would stop the suite without a message. */
const LONGEST_MS = 60_000;

async function within(what: string, promise: Promise<unknown>): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end`)), LONGEST_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes a call, and disposes what it returned. */
async function make(what: string, { run }: Call, args: unknown[]): Promise<void> {
  let result = run(args);
  // Nothing else is awaited: some calls return an object with a hostile `then`.
  if (result instanceof Promise) result = await within(what, result);
  if (typeof result !== 'object' || result === null) return;
  const { dispose } = result as { dispose?: unknown };
  if (typeof dispose === 'function') dispose.call(result);
}

/** Describes what is wrong with the effects of a call, if anything. */
async function faultOf(what: string, call: Call, args: unknown[]): Promise<string | undefined> {
  const { stepCount } = subject;
  const [own, others] = [stateOf(subject), stateOf(bystander)];
  const { used } = engine.memory();
  let refused = false;
  try {
    await make(what, call, args);
  } catch (error) {
    refused = true;
    if (!isAllowed(error)) return `${what}: ${error instanceof Error ? error.stack : String(error)}`;
  }
  if (stateOf(bystander) !== others) return `${what}: another model was changed`;
  // Steps made before a training was refused belong to the model, and so does the memory that they took.
  if (!refused || (call.trains && subject.stepCount !== stepCount)) return undefined;
  if (stateOf(subject) !== own) return `${what}: refused, but the model was changed`;
  if (!call.trains && engine.memory().used !== used) return `${what}: refused, but memory is still taken`;
  return undefined;
}

/** A call in which one part is replaced, or one argument is added, with the value that replaces it. */
interface Attempt {
  readonly valid: Arguments;
  readonly path: Path;
  readonly value: (typeof HOSTILE)[number];
}

const nothing: Arguments = () => [undefined, undefined, undefined];

/** All attempts that replace one part. */
const attemptsOf = ({ valid }: Call): Attempt[] =>
  [nothing, ...valid].flatMap((one) =>
    partsOf(one()).flatMap((path) => HOSTILE.map((value): Attempt => ({ valid: one, path, value }))),
  );

const pick = <T>(from: Source, list: readonly T[]): T => list[from.below(list.length)];

describe('the table of calls', () => {
  test('has an entry for each export and each method', () => {
    const missing = [...calls()].filter(([, { valid }]) => valid.length === 0).map(([name]) => name);
    expect(missing, 'add valid arguments of each to FUNCTIONS or METHODS in test/support/hostile/calls.ts').toEqual([]);
  });

  test('has no entry for anything that is not exported', () => {
    expect(stale()).toEqual([]);
    expect(calls().size).toBeGreaterThan(120);
  });

  test.each([...calls()])('%s: accepts its valid arguments', async (name, call) => {
    for (const valid of call.valid) await make(name, call, valid());
  });
});

describe('hostile arguments', () => {
  const all = [...calls()];
  const nested = all.reduce((sum, [, call]) => sum + attemptsOf(call).filter(({ path }) => path.length > 1).length, 0);
  const share = CALLS / nested;

  test.each(all)(
    '%s: throws only errors of the library, and changes nothing when refused',
    async (name, call) => {
      const from = source(SEED + name.split('').reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), 0));
      const faults: string[] = [];
      const attempt = async (what: string, args: unknown[]): Promise<void> => {
        const fault = await faultOf(`${name}, ${what}`, call, args);
        if (fault !== undefined) faults.push(fault);
      };
      for (const { valid, path, value } of attemptsOf(call)) {
        if (path.length > 1 && from.uniform() >= share) continue;
        await attempt(`${path.join('.')} as ${value[0]}`, replace(valid(), path, value[1]()));
      }
      // Two or three parts at once, after each part was tried by itself.
      for (let left = Math.ceil((CALLS - nested) / all.length); left > 0; left--) {
        const args = pick(from, call.valid)();
        const parts = [...partsOf(args), ['3']].filter((path) => path.at(-1) !== call.alone);
        // Replaces the deepest parts first: the replacement of a part is not searched for further parts.
        const chosen = Array.from({ length: 2 + from.below(2) }, () => pick(from, parts));
        chosen.sort((one, other) => other.length - one.length);
        const what = chosen.map((path) => {
          const [kind, value] = pick(from, HOSTILE);
          replace(args, path, value());
          return `${path.join('.')} as ${kind}`;
        });
        await attempt(what.join(', '), args);
      }
      expect(faults.slice(0, 10).join('\n\n')).toBe('');
    },
    1_800_000,
  );

  test('leave no memory allocated', () => {
    disposeAll();
    // The words that identify a shared model are kept for the next one.
    expect(engine.memory().used - usedAtFirst).toBeLessThanOrEqual(128);
  });
});
