/**
 * Changes the register tile of an engine that has models: rearranges their weights and optimizer states from panels of
 * one width to those of another. Steps read the tile when they run, so between two steps nothing else has to change.
 */
import { isFullBatch } from '../../optimizers/full-batch.js';
import { liveBlocks } from '../../graph/shared-weights.js';
import { repack, type Packed } from '../../graph/repack.js';
import { GRADIENT, stateNames } from '../../optimizers/bind.js';
import { tileOf, type TileName } from '../../runtime/tile.js';
import type { Engine } from '../engine.js';
import type { Trainer } from '../../training/trainer.js';

/** Returns the vectors of a training that keep their values from one step to the next. */
function statesOf({ compiled: { optimizer }, vectors, layout }: Trainer): Packed[] {
  const names = stateNames(optimizer);
  return vectors.optimizerState
    .filter((_, index) => names[index] !== GRADIENT)
    .map((address) => ({ address, parameters: layout.trained }));
}

/**
 * Changes the tile of an engine, and what it says of itself. Leaves the engine as it is where other threads have its
 * memory, and where an optimizer keeps more than vectors between its steps. Returns true if it should be asked again: a
 * model is trained in a worker, or has a sum over some of the batches of an update.
 */
export function changeTile(engine: Engine, name: TileName, gain: number): boolean {
  const { runtime } = engine;
  const { tile, kernels } = runtime;
  if (tile.name === name) return false;
  const models = engine.live();
  const trainers = models.flatMap(({ ownTrainer }) => ownTrainer ?? []);
  const kept = runtime.isExposed || trainers.some(({ compiled }) => isFullBatch(compiled.optimizer));
  const busy = models.some(({ away }) => away) || trainers.some(({ groupCounters }) => groupCounters.batches > 0);
  const found = `${gain.toFixed(2)} times as fast here as ${tile.name}, as with vectors of 256 bits`;
  if (kept || busy) {
    engine.tileReason =
      `tile: ${tile.name}, although ${name} is ${found}: ` +
      (kept ? 'models are shared, or fit all rows at once. An engine made now has it.' : 'a fit has to end first.');
    return !kept;
  }
  engine.tileReason = `tile: ${name}, which was noticed to be ${found}.`;
  repack(runtime, tileOf(kernels, name), [...liveBlocks(runtime), ...trainers.flatMap(statesOf)]);
  return false;
}
