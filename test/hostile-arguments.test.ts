/**
 * Every export of the package, and every method of the objects that it gives out, with hostile arguments: whatever is passed, only the library's errors
 * come out, or the caller's own; and what is refused has moved nothing. HOSTILE_CALLS sets the number of random calls.
 */
import { writeFileSync, appendFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import {
  bystander,
  calls,
  engine,
  exportedFunctions,
  isAllowed,
  models,
  stale,
  subject,
  type Arguments,
  type Call,
} from './hostile/calls.js';
import { HOSTILE } from './hostile/values.js';
import { source } from './reference/random.js';

/** Random calls, beside those that replace each part by each value. */
const RANDOM_CALLS = Number(process.env.HOSTILE_CALLS ?? 4000);

type Path = readonly string[];

const isPlain = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || Array.isArray(value);
};

/** Every part of some arguments: each of them, and what plain objects and lists in them hold. */
function partsOf(value: unknown, path: Path = []): Path[] {
  const own = path.length === 0 ? [] : [path];
  return isPlain(value) ? [...own, ...Object.entries(value).flatMap(([key, inner]) => partsOf(inner, [...path, key]))] : own;
}

/** Puts a value in the place of a part. */
function replace(args: unknown[], path: Path, value: unknown): unknown[] {
  let holder = args as unknown as Record<string, unknown>;
  for (const key of path.slice(0, -1)) {
    const inner = holder[key];
    if (typeof inner !== 'object' || inner === null) return args;
    holder = inner as Record<string, unknown>;
  }
  try {
    holder[path.at(-1)!] = value;
  } catch {
    // A hostile value has already taken the place of what held it.
  }
  return args;
}

/** The bits of a model's weights, and how far its training is. */
function stateOf(model: (typeof models)[number]): string {
  let hash = 0x811c9dc5;
  for (const { data } of model.getWeights()) {
    const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
    for (let i = 0; i < bits.length; i++) hash = Math.imul(hash ^ bits[i], 0x01000193);
  }
  return `${hash >>> 0} after ${model.stepCount} steps, ${model.epochCount} epochs`;
}

const stateOfAll = (): string[] => models.map(stateOf);

/** A call that does not end would stop the suite without a word. */
const LONGEST_MS = 20_000;

async function within(what: string, act: () => unknown): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end`)), LONGEST_MS);
  });
  try {
    return await Promise.race([act(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets go of what a call has made. */
function release(result: unknown): void {
  if (typeof result !== 'object' || result === null) return;
  const made = result as { dispose?: unknown };
  if (typeof made.dispose === 'function') (made.dispose as () => void).call(result);
}

/** What is wrong with what a call did, if anything. */
async function faultOf(what: string, { run, trains }: Call, args: unknown[]): Promise<string | undefined> {
  const { stepCount } = subject;
  const own = stateOf(subject);
  const others = stateOf(bystander);
  const { used } = engine.memory();
  writeFileSync('/tmp/e-trace', what);
  const t0 = performance.now();
  let refused = false;
  try {
    let result = run(args);
    // Nothing else is awaited: an object with a hostile `then` is what some calls return.
    if (result instanceof Promise) result = await within(what, () => result);
    release(result);
  } catch (error) {
    refused = true;
    if (!isAllowed(error)) {
      return `${what}: ${error instanceof Error ? (error.stack ?? '').split('\n').slice(0, 4).join(' | ') : String(error)}`;
    }
  }
  const d = performance.now() - t0;
  if (d > 100) appendFileSync('/tmp/e-slow', `${d.toFixed(0)} ${what}\n`);
  if (stateOf(bystander) !== others) return `${what}: another model was changed`;
  // Steps that were made before a training was refused are the model's own.
  if (!refused || (trains === true && subject.stepCount !== stepCount)) return undefined;
  if (stateOf(subject) !== own) return `${what}: refused, but the model was changed`;
  if (engine.memory().used !== used) return `${what}: refused, but memory is still taken`;
  return undefined;
}

describe('the table of calls', () => {
  test('has an entry for each export and each method', () => {
    const missing = [...calls()].filter(([, { valid }]) => valid.length === 0).map(([name]) => name);
    expect(missing, 'add valid arguments of each to FUNCTIONS or METHODS in test/hostile/calls.ts').toEqual([]);
  });

  test('has no entry of something that is gone', () => {
    expect(stale()).toEqual([]);
    expect(exportedFunctions().size).toBeGreaterThan(70);
  });

  test('is of calls that are accepted', async () => {
    for (const [name, { run, valid }] of calls()) {
      for (const args of valid) release(await within(name, () => run(args())));
    }
  });
});

describe('hostile arguments', () => {
  test.each([...calls()])('%s: each part of its arguments replaced by each value', async (name, call) => {
    const faults: string[] = [];
    const attempt = async (what: string, args: unknown[]): Promise<void> => {
      const fault = await faultOf(what, call, args);
      if (fault !== undefined) faults.push(fault);
    };
    const bases: Arguments[] = [() => [undefined, undefined, undefined], ...call.valid];
    for (const [number, valid] of bases.entries()) {
      for (const path of partsOf(valid())) {
        for (const [kind, make] of HOSTILE) await attempt(`${name} (${number}), ${path.join('.')} as ${kind}`, replace(valid(), path, make()));
      }
    }
    expect(faults).toEqual([]);
  }, 300_000);
});
