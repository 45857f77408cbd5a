/**
 * Operations: the smallest steps of a lowered network, as plain data. Two tables map the kind of an operation to its
 * computation: `forward.ts` for predictions, `backward.ts` for training. Code that only walks a plan (a summary, an
 * exporter, a quantizer) reads `config` and needs no table.
 */
import type { PlainActivation } from '../activations/activations.js';
import type { Constraint } from '../constraints/constraints.js';
import type { Initializer } from '../initializers/initializers.js';
import type { Regularizer } from '../regularizers/regularizers.js';

/** A tensor that belongs to an operation and is saved with the model. */
export interface ParameterSpec {
  /** Last part of its name, as in PyTorch: weight, bias, running_mean. */
  readonly name: string;
  /** (units, inputs) or (units). */
  readonly shape: readonly number[];
  /**
   * Layout in memory: a matrix in the panels of the GEMM, the values in their order, padded at the end, or a matrix of
   * integers from −127 to 127, a byte each (runtime/int8/).
   */
  readonly storage: 'panels' | 'vector' | 'int8';
  /** Whether it has a gradient. Running statistics have none. */
  readonly learned: boolean;
  /** Smallest valid value: 0 for variances; absent if there is none. */
  readonly least?: number;
  readonly initializer: Initializer;
  readonly regularizer?: Regularizer;
  readonly constraint?: Constraint;
  readonly fanIn: number;
  readonly fanOut: number;
}

/** y = γ·x̂ + β: `scale` says whether there is a γ, `center` whether there is a β. */
interface NormalizationConfig {
  readonly width: number;
  readonly epsilon: number;
  readonly scale: boolean;
  readonly center: boolean;
}

/** Configuration of each kind of operation. */
export interface OperationConfigs {
  /** z = W·x + b. */
  readonly affine: { readonly inputs: number; readonly units: number; readonly useBias: boolean };
  /** z = W·x + b, W of eight bits; `range` of the inputs if it is the same for all rows. */
  readonly affineInt8: OperationConfigs['affine'] & { readonly range?: readonly [number, number] };
  /** y = f(z), value by value, or row by row for softmax and logSoftmax. */
  readonly activation: { readonly width: number; readonly activation: PlainActivation };
  /** y = z where z > 0, else α_u·z with a learned α per unit. */
  readonly prelu: { readonly width: number };
  /** y_u = the largest of `pieces` neighbouring values, for each unit u. */
  readonly maxPieces: { readonly units: number; readonly pieces: number };
  /** y = x. */
  readonly identity: { readonly width: number };
  /** Sum of two or more inputs. */
  readonly add: { readonly width: number };
  /** Product of two or more inputs. */
  readonly multiply: { readonly width: number };
  /** First input minus the second. */
  readonly subtract: { readonly width: number };
  /** Mean of two or more inputs. */
  readonly average: { readonly width: number };
  /** Largest of two or more inputs. */
  readonly maximum: { readonly width: number };
  /** Smallest of two or more inputs. */
  readonly minimum: { readonly width: number };
  /** Dot product of the rows of two inputs, of the rows over their norms if `normalize`. */
  readonly dot: { readonly width: number; readonly normalize: boolean };
  /** Inputs side by side. */
  readonly concatenate: { readonly widths: readonly number[] };
  /** y = x, with the gradient of a penalty on x. */
  readonly activityPenalty: { readonly width: number; readonly regularizer: Regularizer };
  readonly dropout: { readonly width: number; readonly rate: number };
  readonly alphaDropout: { readonly width: number; readonly rate: number };
  readonly gaussianDropout: { readonly width: number; readonly rate: number };
  readonly gaussianNoise: { readonly width: number; readonly stddev: number };
  readonly batchNormalization: NormalizationConfig & { readonly momentum: number };
  readonly layerNormalization: NormalizationConfig;
  /** y = γ·x/√(mean of x² + ε) per row. */
  readonly rmsNormalization: Omit<NormalizationConfig, 'center'>;
  /** y = the vectors of each column's category side by side, of tables of their own or of one that is `shared`. */
  readonly embedding: {
    readonly inputDims: readonly number[];
    readonly outputDims: readonly number[];
    readonly shared: boolean;
  };
  /** y = scale·x + offset. */
  readonly rescaling: { readonly width: number; readonly scale: number; readonly offset: number };
  /** y = (x − mean)/√variance per column. */
  readonly normalization: { readonly width: number };
}

export type OperationKind = keyof OperationConfigs;

/** An operation of one kind. */
export interface OperationOf<K extends OperationKind> {
  readonly kind: K;
  readonly config: OperationConfigs[K];
  /** Columns of its output. */
  readonly outputWidth: number;
  readonly parameters: readonly ParameterSpec[];
}

/** Any operation; `kind` determines the type of `config`. */
export type Operation = { [K in OperationKind]: OperationOf<K> }[OperationKind];

/** Returns a vector parameter with one value per unit. */
export const perUnit = (name: string, width: number, initializer: Initializer, learned: boolean): ParameterSpec => ({
  name,
  shape: [width],
  storage: 'vector',
  learned,
  initializer,
  fanIn: width,
  fanOut: width,
});

/** Returns the name of the activation that an operation applies, or the kind of the operation if it applies none. */
export const appliedName = (operation: Operation): string =>
  operation.kind === 'activation' ? operation.config.activation.kind : operation.kind;
