/**
 * Decoupled weight decay (Loshchilov & Hutter 2019): its options, and its binding. It shrinks weights before the step
 * of an optimizer, which `bind.ts` binds. The patterns that exempt weights are kept as plain data and matched at the
 * first update: reading a file matches nothing.
 */
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { fieldsOf } from '../common/objects.js';
import { listOf, nonNegative, type Check, type Option } from '../common/options.js';
import type { Kernels } from '../runtime/abi.js';
import type { SettledDecay, WeightPattern } from './optimizer-types.js';
import type { UpdateVectors } from './update-vectors.js';

type Pattern = Required<WeightPattern>;

const pattern: Check<Pattern> = (path, value) => {
  const { source, flags = '' } = fieldsOf(value, 'source', 'flags');
  if (typeof source === 'string' && typeof flags === 'string') {
    try {
      new RegExp(source, flags);
      return { source, flags };
    } catch {
      // Refused below.
    }
  }
  const hint = typeof value === 'string' ? ` Write new RegExp(${describe(value)}).` : '';
  throw new ValueError(`${path} expected a regular expression, got ${describe(value)}.${hint}`);
};

/** Returns the options of weight decay, with the default `share`. */
export const decayOptions = (share: number): { readonly [K in keyof SettledDecay]: Option<SettledDecay[K]> } => ({
  weightDecay: { check: nonNegative, or: share },
  excludeFromWeightDecay: { check: listOf('a list of regular expressions', pattern), or: [] },
});

/** Adjacent parameters of the flat vectors: first float and number of floats. */
interface Run {
  readonly first: number;
  readonly floats: number;
}

/** Returns the parts of the flat vectors that decay. */
function decaying(patterns: readonly Pattern[], { parameters, size }: UpdateVectors): Run[] {
  if (patterns.length === 0) return [{ first: 0, floats: size }];
  const expressions = patterns.map(({ source, flags }) => new RegExp(source, flags));
  const runs: Run[] = [];
  let end = -1;
  parameters.forEach(({ name, offset }, index) => {
    // `search` always begins at the start, whatever the flags; `test` would go on from its last match.
    if (expressions.some((expression) => name.search(expression) >= 0)) return;
    const next = parameters[index + 1]?.offset ?? size;
    const before = offset === end ? runs.pop() : undefined;
    const first = before?.first ?? offset;
    runs.push({ first, floats: next - first });
    end = next;
  });
  return runs;
}

/** Binds w = (1 − rate·weightDecay)·w over what decays; undefined where the share is 0. */
export function bindDecay(
  kernels: Kernels,
  { weightDecay, excludeFromWeightDecay }: SettledDecay,
  vectors: UpdateVectors,
): ((rate: number) => void) | undefined {
  if (weightDecay === 0) return undefined;
  let runs: Run[] | undefined;
  return (rate) => {
    runs ??= decaying(excludeFromWeightDecay, vectors);
    for (const { first, floats } of runs) {
      kernels.f32_scale(floats, vectors.weights + 4 * first, 1 - rate * weightDecay);
    }
  };
}
