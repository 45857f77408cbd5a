/**
 * Types of a diagnosis, which `model.diagnose` and the callback `diagnostics` return. diagnose.ts measures, advice.ts
 * derives the faults and their texts.
 */
/**
 * Measurements of one layer. A value that the layer does not have is absent.
 * @category Diagnosis
 */
export interface LayerDiagnosis {
  /** Its name, as in the summary. */
  readonly layer: string;
  /** Kind of the layer: the name of its factory. */
  readonly kind: string;
  /** ‖∂C/∂W‖₂ over all that the layer learns. */
  readonly gradientNorm?: number;
  /** Names of the next layers after it that learn. */
  readonly next?: readonly string[];
  /**
   * Its gradient norm divided by that of the next layer that learns, the largest where there are several. Well below 1
   * in a row of layers means a vanishing gradient, well above 1 an exploding one.
   */
  readonly gradientRatio?: number;
  /** ‖δ‖₂ over the rows, δ = ∂C/∂z of z = W·x + b: what backpropagation passes to the layer (BP2). */
  readonly deltaNorm?: number;
  /** Name of its activation. */
  readonly activation?: string;
  /**
   * Share of activations whose derivative is below 5 % of the activation's largest. A derivative of 0 counts only where
   * rounding made it 0.
   */
  readonly softSaturated?: number;
  /** Share of activations whose derivative is exactly 0, as that of ReLU below 0. */
  readonly hardSaturated?: number;
  /** Share of units whose derivative is 0 for every row: no gradient reaches their weights. */
  readonly deadUnits?: number;
  /** Share of units whose weight gradients all have one sign; only of layers with at least two inputs. */
  readonly zigzag?: number;
  /** Number of inputs of a unit. */
  readonly inputs?: number;
  /** Sign of all inputs on these rows, except for at most a tenth that are zero; 0 where signs differ. */
  readonly inputSign?: -1 | 0 | 1;
  /** ‖Δw‖/‖w‖ of the update that the optimizer would make next. */
  readonly updateRatio?: number;
}

/**
 * Location of the first NaN or infinity, in the order in which a step computes.
 * @category Diagnosis
 */
export interface NonFinite {
  /** Values that contain it. */
  readonly what: 'weights' | 'activations' | 'loss' | 'deltas' | 'gradients';
  /** Name of the layer; absent for a loss. */
  readonly layer?: string;
}

/**
 * A fault of the network, with what it means here and what to try. The faults are:
 *
 * - vanishing and exploding gradients, a gradient of 0 everywhere;
 * - saturated activations, dead units, zigzag;
 * - updates too large or too small;
 * - a cross-entropy below 0;
 * - outputs that do not depend on the inputs, a classifier that has learned nothing except how often classes occur;
 * - batches of one row under batch normalization;
 * - the first NaN or infinity.
 * @category Diagnosis
 */
export interface Fault {
  /** Kind of the fault. */
  readonly kind:
    | 'nonFinite'
    | 'vanishingGradient'
    | 'explodingGradient'
    | 'deadUnits'
    | 'saturation'
    | 'zigzag'
    | 'zeroGradient'
    | 'notProbabilities'
    | 'constantOutput'
    | 'largestClass'
    | 'batchOfOne'
    | 'largeUpdate'
    | 'smallUpdate';
  /** Name of the layer where it is worst; absent for a fault of no single layer. */
  readonly layer?: string;
  /** One or two sentences: what was measured, what it means, what to try. */
  readonly message: string;
}

/**
 * Measurements of one batch, and the faults that they show: those that the slides name.
 * @category Diagnosis
 */
export interface Diagnosis {
  /** Mean loss of the rows. */
  readonly loss: number;
  /** Measurements of each layer in the order of the network, without its inputs. */
  readonly layers: readonly LayerDiagnosis[];
  /** The first NaN or infinity, where there is one. */
  readonly nonFinite: NonFinite | undefined;
  /** Faults, causes before their consequences; none in a healthy network, nor where everything is learned. */
  readonly faults: readonly Fault[];
  /** Returns a table of the layers and a sentence for each fault. */
  toString(): string;
}
