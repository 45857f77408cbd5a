/**
 * The extents of the kernels of eight bits, in the forms of ../extent-forms.ts, whose rules hold for them too. Sizes
 * are in floats; a quantized activation takes a byte, in the plain binary two. No library code imports this file.
 */
import { type Extent, integers, optional, rows, type Sizes, vector } from '../extent-forms.js';
import { padded } from '../panels.js';
import type { Int8KernelName, Int8Path } from './abi.js';
import { PACKED_ROWS, PANEL_WIDTH } from './constants.generated.js';

const ACTIVATIONS_OF_FLOAT = { plain: 2, relaxed: 4 } as const;

type Extents = Readonly<Record<Int8KernelName, Readonly<Record<string, Extent>>>>;

function extentsOf(path: Int8Path): Extents {
  const quantized = ({ m, k }: Sizes<'m' | 'k'>): number => (m * padded(k)) / ACTIVATIONS_OF_FLOAT[path];
  /** A float32 scale and an int32 zero point for each row. */
  const stats = ({ m }: Sizes<'m'>): number => 2 * m;
  const sums = { ...vector('reads', 'n'), holds: 'integers' } as const;
  /** Integers of 16 bits, of a panel at a time. */
  const widened = ({ m, n, k }: Sizes<'m' | 'n' | 'k'>): number =>
    path === 'plain' && m >= PACKED_ROWS ? (padded(k) * Math.min(PANEL_WIDTH, padded(n))) / 2 : 0;
  return {
    u7_quantize_rows: {
      x: rows('reads', 'm', 'k', 'ldx'),
      q: integers('writes', quantized),
      stats: integers('writes', stats),
    },
    i8_gemm: {
      q: integers('reads', quantized),
      stats: integers('reads', stats),
      panels: integers('reads', ({ n, k }: Sizes<'n' | 'k'>) => (padded(k) * padded(n)) / 4),
      sums,
      scales: vector('reads', 'n'),
      bias: optional(vector('reads', 'n')),
      z: rows('writes', 'm', 'n', 'ldz'),
      packed: integers('updates', widened),
    },
  };
}

export const INT8_EXTENTS: Readonly<Record<Int8Path, Extents>> = {
  plain: extentsOf('plain'),
  relaxed: extentsOf('relaxed'),
};
