/** Mutations of JSON files that know their structure: fields, lists, numbers, names and nesting, and characters alone. */
import type { source } from '../reference/random.js';

type Random = ReturnType<typeof source>;

type Container = unknown[] | Record<string, unknown>;

const VALUES: readonly unknown[] = [
  ...[0, 1, -1, 2, 3, 0.5, -0, 1e9, 2 ** 31, 2 ** 53, 1e39, 1e308, 16_777_217],
  ...[
    null,
    true,
    false,
    '',
    'x',
    '__proto__',
    'constructor',
    'toString',
    'optimizer.m',
    '\u0000',
    '🙂',
    'a'.repeat(3000),
  ],
  ...[[], {}, [null], [[]], [0, 1], [null, 3], [null, 1e9], { class_name: 'L2', config: {} }],
];

const of = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)];

/** All lists and objects in a value. */
function containersOf(value: unknown): Container[] {
  const found: Container[] = [];
  const stack = [value];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (typeof top !== 'object' || top === null) continue;
    found.push(top as Container);
    stack.push(...Object.values(top));
  }
  return found;
}

const set = (container: Container, key: string, value: unknown): void => {
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
};

/** Changes one place. `words` are names of the format, to put in the place of others. */
function mutateOnce(root: unknown, words: readonly string[], random: Random): void {
  const all = containersOf(root);
  const container = of(random, all);
  const keys = Object.keys(container);
  if (keys.length === 0) return;
  const key = of(random, keys);
  const value = (container as Record<string, unknown>)[key];
  switch (random.below(9)) {
    case 0:
      if (Array.isArray(container)) container.splice(Number(key), 1);
      else Reflect.deleteProperty(container, key);
      break;
    case 1:
      if (Array.isArray(container)) container.splice(Number(key), 0, structuredClone(value));
      else set(container, of(random, words), structuredClone(value));
      break;
    case 2:
      set(container, key, structuredClone(of(random, all)));
      break;
    case 3:
      // The value of a neighbour, for names that are taken twice and cycles.
      set(container, key, structuredClone((container as Record<string, unknown>)[of(random, keys)]));
      break;
    case 4:
      set(container, key, typeof value === 'number' ? value + of(random, [1, -1, 0.5]) : of(random, words));
      break;
    case 5: {
      let nested: unknown = value;
      for (let level = 0; level < 1 + random.below(200); level++)
        nested = random.below(2) === 0 ? [nested] : { config: nested };
      set(container, key, nested);
      break;
    }
    case 6:
      if (Array.isArray(container) && container.length < 50) {
        container.push(...structuredClone(container));
      } else set(container, key, structuredClone(of(random, VALUES)));
      break;
    default:
      set(
        container,
        key,
        structuredClone(of(random, typeof value === 'string' && random.below(2) === 0 ? words : VALUES)),
      );
  }
}

/** Returns the text of a file with one to four changes. */
export function mutatedJson(file: unknown, words: readonly string[], random: Random): string {
  const copy: unknown = structuredClone(file);
  for (let change = 0; change < 1 + random.below(4); change++) mutateOnce(copy, words, random);
  let text = JSON.stringify(copy);
  if (random.below(8) === 0) {
    const at = random.below(text.length);
    text = text.slice(0, at) + of(random, ['', '"', '[', '}', '1e', '\\', ',']) + text.slice(at + random.below(3));
  }
  return text;
}
