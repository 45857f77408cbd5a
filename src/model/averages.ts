/** The moving averages that an optimizer with `ema` keeps of the weights. */
import { StateError } from '../common/errors.js';
import type { NamedTensor } from '../common/tensors.js';
import type { Trainer } from '../training/trainer.js';

/** Returns the averages of a trainer by the names of their weights. Throws where there are none. */
export function averagesByName(where: string, { updater, stepCount }: Trainer): ReadonlyMap<string, NamedTensor> {
  if (!updater.averages) {
    throw new StateError(`${where}: an optimizer with ema expected, got one without. Write ema: { momentum: 0.99 }.`);
  }
  if (stepCount === 0) throw new StateError(`${where}: at least one update expected, got none since compile.`);
  return new Map(updater.readAverages().map((tensor) => [tensor.name, tensor]));
}
