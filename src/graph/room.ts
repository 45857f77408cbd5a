import { MemoryError } from '../common/errors.js';
import { PAGE } from '../runtime/constants.generated.js';
import { planForward } from './memory-plan.js';
import type { NetworkPlan } from './plan.js';

/** Upper bound on the bytes that regions take besides the requested ones. */
const REGIONS = 1024;

/** Returns an upper bound on the bytes of a buffer for one row of `width` floats, with padding and alignment. */
const roughly = (width: number): number => 8 * width + 256;

/**
 * Throws a MemoryError if a memory of `limit` bytes cannot hold the weights and the values of a single row: a small
 * description can make values of any size, by concatenating the same ones again and again. `taken` bytes are in use
 * independently of the model. Weights that do not fit by themselves are not reported here but where they are allocated.
 */
export function requireRoom(where: string, plan: NetworkPlan, limit: number, taken: number): void {
  const before = taken + 4 * plan.parameterFloats + REGIONS;
  const room = Math.floor(limit / PAGE) * PAGE - before;
  if (room < 0) return;
  // If the values fit even without sharing buffers, no plan is needed.
  if (plan.widths.reduce((total, width) => total + roughly(width), 0) <= room) return;
  const { bytes } = planForward(plan, 1);
  if (bytes <= room) return;
  throw new MemoryError(
    `${where}: linear memory expected to hold at most ${limit} bytes, got a need of ${before + bytes} for a single row. ` +
      `Use fewer or narrower layers, or raise maximumMemory.`,
  );
}
