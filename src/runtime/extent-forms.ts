/**
 * Forms of extents: which floats of a buffer a kernel reads or writes, as a function of the sizes of a call. extents.ts
 * states the extents of all kernels in these forms.
 */
import { padded } from './panels.js';

/**
 * `count` runs of `length` floats, each starting `stride` floats after the one before. `over` floats past each run are
 * read without effect.
 */
export interface Area {
  readonly count: number;
  readonly length: number;
  readonly stride: number;
  readonly over: number;
}

/** The sizes of a call that an extent depends on, by parameter name. */
export type Sizes<D extends string> = Readonly<Record<D, number>>;

/** Access of a kernel through one pointer. The buffer has `size` floats. */
export interface Extent<D extends string = string> {
  readonly size: (of: Sizes<D>) => number;
  readonly reads?: (of: Sizes<D>) => Area;
  readonly writes?: (of: Sizes<D>) => Area;
  /** Whether the pointer may be null. */
  readonly optional?: true;
  /** Type of the values, if not float32. */
  readonly holds?: 'integers' | 'doubles';
}

/** Floats past a buffer that a kernel may read. */
export const OVERREAD = 7;

type Access = 'reads' | 'writes' | 'updates';

export function extent<D extends string>(
  access: Access,
  area: (of: Sizes<D>) => Area,
  size: (of: Sizes<D>) => number,
): Extent<D> {
  return { size, ...(access !== 'writes' && { reads: area }), ...(access !== 'reads' && { writes: area }) };
}

export const run = (length: number, over = 0): Area => ({ count: 1, length, stride: 0, over });

/** `length` floats in sequence. */
export const floats = <D extends string>(access: Access, length: (of: Sizes<D>) => number): Extent<D> =>
  extent(access, (of) => run(length(of)), length);

/** `n` floats, without padding. */
export const values = <D extends string>(access: Access, n: D): Extent<D> => floats<D>(access, (of) => of[n]);

/** A vector of `n` floats, padded to whole vectors of four. */
export const vector = <D extends string>(access: Access, n: D): Extent<D> => floats<D>(access, (of) => padded(of[n]));

/** Float64 numbers. */
export const doubles = <D extends string>(access: Access, count: (of: Sizes<D>) => number): Extent<D> => ({
  ...floats<D>(access, (of) => 2 * count(of)),
  holds: 'doubles',
});

/** Integers of 32 bits. */
export const integers = <D extends string>(access: Access, count: (of: Sizes<D>) => number): Extent<D> => ({
  ...floats(access, count),
  holds: 'integers',
});

/** m rows of n columns in whole vectors, `ld` apart. */
export const rows = <M extends string, N extends string, L extends string>(access: Access, m: M, n: N, ld: L) =>
  extent<M | N | L>(
    access,
    (of) => ({ count: of[m], length: padded(of[n]), stride: of[ld], over: 0 }),
    (of) => of[m] * of[ld],
  );

/** m rows of exactly `columns` values, `ld` apart; `over` more floats of each may be read. */
export const valuesOfRows = <M extends string, L extends string, D extends string>(
  access: Access,
  m: M,
  columns: (of: Sizes<D>) => number,
  ld: L,
  over: (of: Sizes<D>) => number = () => 0,
): Extent<M | L | D> =>
  extent<M | L | D>(
    access,
    (of) => ({ count: of[m], length: columns(of), stride: of[ld], over: over(of) }),
    (of) => Math.max(0, (of[m] - 1) * of[ld] + columns(of)),
  );

/** Exactly the n values of each row. */
export const exactly = ({ n }: Sizes<'n'>): number => n;

/** m rows of `columns` values, `ld` apart, including the gaps between them. */
export const everything = <M extends string, L extends string, D extends string>(
  access: Access,
  m: M,
  columns: (of: Sizes<D>) => number,
  ld: L,
): Extent<M | L | D> =>
  extent<M | L | D>(
    access,
    (of) => ({ count: of[m], length: Math.max(of[ld], columns(of)), stride: of[ld], over: 0 }),
    (of) => of[m] * of[ld],
  );

/** (k, n) in panels. */
export const panels = <K extends string, N extends string>(access: Access, k: K, n: N) =>
  floats<K | N>(access, (of) => of[k] * padded(of[n]));

export const optional = <D extends string>(one: Extent<D>): Extent<D> => ({ ...one, optional: true });

/** The tiles of 4 × 4 numbers on and above the diagonal of a matrix of n columns. */
export const triangle = (access: Access): Extent<'n'> =>
  doubles<'n'>(access, ({ n }) => {
    const tiles = Math.ceil(n / 4);
    return 8 * tiles * (tiles + 1);
  });

/** Floats missing to whole vectors. */
export const rest = (n: number): number => padded(n) - n;
