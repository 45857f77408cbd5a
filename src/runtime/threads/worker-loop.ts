import { runChunks, WORD, type ThreadContext } from './job.js';

/** Polls of the signal between two reads of the clock. */
const POLLS = 64;

/**
 * Runs a worker until it is stopped, or told to begin again after restart number `restarts`: computes chunks of each
 * job. Between jobs the worker polls for `spin` milliseconds, since the next job of a training step comes within
 * microseconds and waking up takes longer; then it sleeps.
 */
export function workerLoop(thread: ThreadContext, spin: number, restarts: number): void {
  const { control, index } = thread;
  let job = Atomics.load(control, WORD.signal);
  while (Atomics.load(control, WORD.stop) === 0 && Atomics.load(control, WORD.restarts) === restarts) {
    const next = nextJob(control, job, spin);
    if (next === job) continue;
    job = next;
    try {
      runChunks(thread, job);
    } catch (error) {
      // The chunk counts as done, since the calling thread would wait for it otherwise; that thread checks this word
      // afterwards.
      Atomics.compareExchange(control, WORD.failed, 0, index);
      Atomics.add(control, WORD.done, 1);
      Atomics.notify(control, WORD.done);
      throw error;
    }
  }
}

/** Returns the number of the next job, or the same number after a wait that ended for another reason. */
function nextJob(control: Int32Array, job: number, spin: number): number {
  const start = performance.now();
  do {
    for (let poll = 0; poll < POLLS; poll++) {
      const next = Atomics.load(control, WORD.signal);
      if (next !== job) return next;
    }
  } while (performance.now() - start < spin);
  Atomics.add(control, WORD.asleep, 1);
  Atomics.wait(control, WORD.signal, job);
  Atomics.sub(control, WORD.asleep, 1);
  return Atomics.load(control, WORD.signal);
}
