/** What a loss is to training: kernels that bind.ts binds, and facts for data and programs. */
import type { MatrixView } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { LossProperties } from './properties.js';

/** Buffers that a loss reads and writes. */
export interface LossBuffers {
  /** Outputs y; in the paired form the kernel writes them. */
  readonly y: MatrixView;
  /** Logits z, paired form only. */
  readonly z: MatrixView;
  readonly targets: MatrixView;
  /** ∂L/∂y, or in the paired form δ = ∂L/∂z (BP1), the mean over the rows included. */
  readonly delta: MatrixView;
  /** Address of one float32 per row: the row's loss. */
  readonly rowLosses: number;
}

/**
 * Computes losses and deltas of the rows of a batch. The deltas are those of a mean over `count` rows, by default those
 * of the batch: more where several batches make one update.
 */
export type LossStep = (rows: number, count?: number) => void;

export interface LossDefinition {
  /** Content of a target row: as many values as outputs, or one class index. */
  readonly targets: 'values' | 'labels';
  /** Meaning of the outputs of one row. */
  readonly outputs: LossProperties['outputs'];
  /** Blocks of outputs, where a target has several. */
  readonly blocks: LossProperties['blocks'];
  /** Values that targets may take, if restricted: those between two bounds, or those of a list. */
  readonly targetRange?: readonly [low: number, high: number];
  readonly targetValues?: readonly number[];
  /** Label smoothing: scale and shift that turn targets into those of the loss. Metrics use the targets themselves. */
  readonly smoothing?: { readonly scale: number; readonly shift: (outputs: number) => number };
  /** For sums of squared errors: whether a row's loss is the mean of the squares, or half their sum. */
  readonly squares?: 'mean' | 'half';
  /** The output activation whose derivative cancels: BP1 becomes δ = y − t, computed from the logits. */
  readonly pairedWith?: 'softmax' | 'sigmoid';
  readonly bindPaired?: (runtime: WasmRuntime, buffers: LossBuffers) => LossStep;
  readonly bind: (runtime: WasmRuntime, buffers: LossBuffers) => LossStep;
}

/** Returns the number of targets of a row with `width` outputs. */
export const targetWidth = (blocks: LossProperties['blocks'], width: number): number => width / (blocks?.count ?? 1);

/** Returns the outputs that should be near the targets: all, or one block of them. */
export function measuredOutputs({ blocks }: Pick<LossDefinition, 'blocks'>, outputs: MatrixView): MatrixView {
  if (blocks === undefined) return outputs;
  const width = targetWidth(blocks, outputs.width);
  return { ...outputs, width, address: outputs.address + 4 * width * blocks.measured };
}
