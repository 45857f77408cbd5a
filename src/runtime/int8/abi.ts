/**
 * The ABI of the kernels of eight bits, in the form of the table in ../abi.ts, whose digest they do not carry: they are
 * binaries of their own, which are loaded with the first quantized model. extents.ts states what they read and write.
 */
export const ABI = {
  u7_quantize_rows: ['m', 'k', '*x', 'ldx', '*q', '*stats', 'calibrated', 'lo:f32', 'hi:f32'],
  i8_gemm: ['m', 'n', 'k', '*q', '*stats', '*panels', '*sums', '*scales', '*bias', '*z', 'ldz', '*packed'],
} as const;

type Numbers<P extends readonly string[]> = { [I in keyof P]: number };

/** Which binary: 'relaxed' needs relaxed SIMD. Both compute the same bits. */
export type Int8Path = 'plain' | 'relaxed';

export type Int8KernelName = keyof typeof ABI;

/** The kernels in the order in which threads number them. */
export const INT8_KERNEL_NAMES = Object.keys(ABI) as readonly Int8KernelName[];

/** The exports of a binary, as functions of numbers. */
export type Int8Exports = {
  readonly [K in Int8KernelName]: (...args: Numbers<(typeof ABI)[K]>) => void;
};
