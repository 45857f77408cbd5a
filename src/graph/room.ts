import { MemoryError } from '../common/errors.js';
import { planForward } from './memory-plan.js';
import type { NetworkPlan } from './plan.js';

/** Memory is had in pages of so many bytes. */
const PAGE = 65536;

/** More than regions take beside what was asked for. */
const REGIONS = 1024;

/** More than padding and alignment make of a buffer of so many floats. */
const roughly = (width: number): number => 8 * width + 256;

/**
 * Throws a MemoryError where a memory of `limit` bytes cannot hold the weights and the values of a single row: a small
 * description can make values of any size, by putting the same ones side by side again and again. `taken` bytes are in
 * use whatever the model is. Weights that have no room alone are left to whoever allocates them.
 */
export function requireRoom(where: string, plan: NetworkPlan, limit: number, taken: number): void {
  const before = taken + 4 * plan.parameterFloats + REGIONS;
  const room = Math.floor(limit / PAGE) * PAGE - before;
  if (room < 0) return;
  // Where even values that never make room for each other fit, there is nothing to plan.
  if (plan.widths.reduce((total, width) => total + roughly(width), 0) <= room) return;
  const { bytes } = planForward(plan, 1);
  if (bytes <= room) return;
  throw new MemoryError(
    `${where}: linear memory expected to hold at most ${limit} bytes, got a need of ${before + bytes} for a single row. ` +
      `Use fewer or narrower layers, or raise maximumMemory.`,
  );
}
