/** What was measured of a layer. What a layer does not have is absent. */
export interface LayerDiagnosis {
  /** Its name, as in the summary. */
  readonly layer: string;
  /** Which layer: the name of its factory. */
  readonly kind: string;
  /** ‖∂C/∂W‖₂ over all that the layer learns. */
  readonly gradientNorm?: number;
  /** Names of the layers that learn next behind it. */
  readonly next?: readonly string[];
  /**
   * Its gradient norm over that of the next layer that learns, the largest where there are several: well below 1 in a
   * row of layers is a vanishing gradient, well above an exploding one.
   */
  readonly gradientRatio?: number;
  /** ‖δ‖₂ over the rows, δ = ∂C/∂z of z = W·x + b: what backpropagation hands to the layer (BP2). */
  readonly deltaNorm?: number;
  /** Name of its activation. */
  readonly activation?: string;
  /** Share of activations whose derivative is below 5 % of the activation's largest, but not 0 unless by rounding. */
  readonly softSaturated?: number;
  /** Share of activations whose derivative is 0, as that of ReLU on its left side. */
  readonly hardSaturated?: number;
  /** Share of units whose derivative is 0 for every row: nothing reaches their weights. */
  readonly deadUnits?: number;
  /** Share of units all of whose incoming weight gradients have one sign, of layers with at least two inputs. */
  readonly zigzag?: number;
  /** Inputs of a unit. */
  readonly inputs?: number;
  /** The sign that all inputs have on these rows but for some zeros, a tenth of them at most; 0 where they differ. */
  readonly inputSign?: -1 | 0 | 1;
  /** ‖Δw‖/‖w‖ of the update that the optimizer would make. */
  readonly updateRatio?: number;
}

/** Where the first NaN or infinity stands, in the order in which a step computes. */
export interface NonFinite {
  /** What holds it. */
  readonly what: 'weights' | 'activations' | 'loss' | 'deltas' | 'gradients';
  /** Name of the layer; absent for a loss. */
  readonly layer?: string;
}

/** Something that is wrong, with what it means here and what to try. */
export interface Fault {
  /** Which fault. */
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
  /** Name of the layer where it is worst; absent where it is in none. */
  readonly layer?: string;
  /** A sentence or two: what was measured, what it means, what to try. */
  readonly message: string;
}

/** The faults that the slides name, measured. */
export interface Diagnosis {
  /** Loss of the rows. */
  readonly loss: number;
  /** In the order of the network, without its inputs. */
  readonly layers: readonly LayerDiagnosis[];
  /** The first NaN or infinity, where there is one. */
  readonly nonFinite: NonFinite | undefined;
  /** What is wrong, causes before what they come to; none in a healthy network, nor where all is learned. */
  readonly faults: readonly Fault[];
  /** A table and a sentence for each fault. */
  toString(): string;
}
