/**
 * Sends rows to a worker in parts, so that the sending thread is never blocked for long. receive.ts is the other side.
 */
import { newFloats } from '../common/arrays.js';
import { EventLoopYielder } from '../runtime/event-loop.js';
import { requireEqualRows, type DataSources } from '../training/data/dataset.js';
import { observerOf } from '../common/rounding.js';
import type { DataShape } from '../training/data/shape.js';
import { readGivenWeights } from '../training/data/weights.js';
import { sentError } from './errors.js';
import type { SentData, SentRows } from './protocol.js';

/** Floats per part, which take some tenths of a millisecond to copy. */
const PART = 1 << 18;

/** Milliseconds before yielding to the event loop: an eighth of a frame at 60 Hz, since pages draw in between. */
const HELD_MS = 2;

/** Describes data to the worker before its rows are sent. */
export function describeData(
  where: string,
  data: DataSources,
  outputs: DataShape['outputs'],
  firstSet: number,
): SentData {
  const { rows, x, y } = data;
  const set = ({ what, source }: DataSources['x'][number], index: number): SentRows => ({
    what,
    width: source.width,
    set: firstSet + index,
  });
  let given: SentData['given'];
  try {
    given = readGivenWeights(where, data, rows, outputs);
  } catch (error) {
    given = sentError(error);
  }
  return { rows, x: x.map(set), y: y.map((targets, index) => set(targets, x.length + index)), given };
}

/** Checks and copies the rows part by part, and calls `post` with each part and the number of its set. */
export async function sendRows(
  where: string,
  data: DataSources,
  firstSet: number,
  post: (set: number, part: Float32Array<ArrayBuffer>) => void,
  proceed: () => void,
): Promise<void> {
  const sources = [...data.x, ...data.y];
  const yielder = new EventLoopYielder(HELD_MS);
  for (let index = 0; index < sources.length; index++) {
    const { source } = sources[index];
    const { rows, width } = source;
    const observer = observerOf(source);
    const step = Math.max(1, Math.floor(PART / width));
    for (let first = 0; first < rows; first += step) {
      const count = Math.min(step, rows - first);
      const part = newFloats(count * width);
      source.write(part, 0, first, count, observer);
      post(firstSet + index, part);
      if (yielder.shouldYield) await yielder.yield();
      proceed();
    }
    observer?.warn(where, sources[index].what);
  }
  requireEqualRows(where, data);
}
