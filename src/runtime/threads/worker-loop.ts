import { runChunks, WORD, type ThreadContext } from './job.js';

/** Looks at the signal between two looks at the clock. */
const LOOKS = 64;

/**
 * What a worker does until it is stopped: helps with each job that comes. Between jobs it keeps looking for `spin`
 * milliseconds, since the next product of a training step comes within microseconds and waking up takes longer; then it
 * waits.
 */
export function workerLoop(thread: ThreadContext, index: number, spin: number): void {
  const { control } = thread;
  let job = Atomics.load(control, WORD.signal);
  while (Atomics.load(control, WORD.stop) === 0) {
    const next = nextJob(control, job, spin);
    if (next === job) continue;
    job = next;
    try {
      runChunks(thread, job);
    } catch (error) {
      // The chunk counts as done, or the asking thread would wait for it; it looks at this word afterwards.
      Atomics.compareExchange(control, WORD.failed, 0, index + 1);
      Atomics.add(control, WORD.done, 1);
      Atomics.notify(control, WORD.done);
      throw error;
    }
  }
}

/** The number of the next job, or the same after a wait that something else ended. */
function nextJob(control: Int32Array, job: number, spin: number): number {
  const start = performance.now();
  do {
    for (let look = 0; look < LOOKS; look++) {
      const next = Atomics.load(control, WORD.signal);
      if (next !== job) return next;
    }
  } while (performance.now() - start < spin);
  Atomics.add(control, WORD.asleep, 1);
  Atomics.wait(control, WORD.signal, job);
  Atomics.sub(control, WORD.asleep, 1);
  return Atomics.load(control, WORD.signal);
}
