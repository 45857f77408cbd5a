/** What the steps of a network compute, as an ONNX file has it: plain data with the tensors of the file. */
import type { Activation } from '../../index.js';

/** y = x·Wᵀ + b, with W (units, inputs) row-major. */
export interface Affine {
  readonly units: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array | undefined;
  /** Whether it is a product alone, to which what is added next is the bias. */
  readonly isProduct: boolean;
}

/** y = (x − mean)·factor + offset for each column; absent parts do nothing. */
export interface Columns {
  readonly mean?: Float32Array;
  readonly factor?: Float32Array;
  readonly offset?: Float32Array;
}

/** Vectors of an embedding, (categories, values) row-major. */
export interface Table {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Layers that merge two or more inputs. */
export type Merge = 'add' | 'average' | 'concatenate' | 'maximum' | 'minimum' | 'multiply' | 'subtract';

/** What a step computes. */
export type Computation =
  | { readonly kind: 'input'; readonly name: string }
  | ({ readonly kind: 'affine'; readonly name: string | undefined } & Affine)
  | ({ readonly kind: 'maxout'; readonly pieces: number; readonly name: string | undefined } & Affine)
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'prelu'; readonly slopes: Float32Array }
  | { readonly kind: 'rescaling'; readonly scale: number; readonly offset: number }
  | ({ readonly kind: 'columns' } & Columns)
  | { readonly kind: 'dot'; readonly normalize: boolean }
  | { readonly kind: 'embedding'; readonly tables: readonly Table[]; readonly shared: boolean }
  | { readonly kind: 'rmsNormalization'; readonly epsilon: number; readonly scale: Float32Array | undefined }
  | {
      readonly kind: 'layerNormalization';
      readonly epsilon: number;
      readonly scale: Float32Array | undefined;
      readonly shift: Float32Array | undefined;
    }
  | {
      readonly kind: 'batchNormalization';
      readonly epsilon: number;
      readonly momentum: number;
      /** γ, β, mean, variance. */
      readonly tensors: readonly Float32Array[];
    }
  | { readonly kind: Merge };

/** Returns the tensors of a computation. */
export function tensorsIn(computation: Computation): readonly Float32Array[] {
  const found: Float32Array[] = [];
  // In a loop, which makes no lists of fields: files have thousands of computations.
  for (const key in computation) {
    const value = computation[key as keyof Computation] as unknown;
    if (value instanceof Float32Array) found.push(value);
    else if (Array.isArray(value)) {
      for (const one of value as (Float32Array | Table)[]) found.push('data' in one ? one.data : one);
    }
  }
  return found;
}

/** The tensors that are there. */
export const given = (...tensors: readonly (Float32Array | undefined)[]): Float32Array[] =>
  tensors.filter((tensor) => tensor !== undefined);
