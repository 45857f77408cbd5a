/** The bytes that a model uses of its engine's linear memory. */
import type { ModelState } from '../graph/model-state.js';
import type { Trainer } from '../training/trainer.js';
import type { ModelMemory } from './model-options.js';

/** Adds up the parts; `trainer` is that of a compiled model. */
export function memoryOf({ ranges }: ModelState, trainer: Trainer | undefined, prediction: number): ModelMemory {
  const parts = {
    weights: ranges.reduce((total, { floats }) => total + 4 * floats, 0),
    ...(trainer?.bytes ?? { gradients: 0, optimizerState: 0, training: 0, evaluation: 0 }),
    prediction,
  };
  return { ...parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}
