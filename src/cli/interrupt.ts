import { setTimeout as sleep } from 'node:timers/promises';
import { exitStatus } from './errors.js';

/**
 * Time in which a second signal counts as the same key press. Under npm one Ctrl-C arrives twice: from the terminal,
 * and from npm, which forwards it.
 */
const samePressMilliseconds = 200;

export interface Interrupt {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Removes the handler, so that Ctrl-C ends the process at once again, even in the middle of a computation. */
  release(): Promise<void>;
}

/**
 * Turns the first Ctrl-C into an abort of `signal`; a second one ends the process. Both are noticed only between two
 * batches, since a batch blocks the thread: two presses during one batch count as one.
 */
export function listenForInterrupt(beforeExit: () => void): Interrupt {
  const controller = new AbortController();
  let firstPress = -Infinity;
  const isSamePress = (): boolean => performance.now() - firstPress < samePressMilliseconds;
  const onInterrupt = (): void => {
    if (!controller.signal.aborted) {
      firstPress = performance.now();
      controller.abort();
    } else if (!isSamePress()) {
      beforeExit();
      process.exit(exitStatus.interrupted);
    }
  };
  process.on('SIGINT', onInterrupt);
  return {
    signal: controller.signal,
    async release() {
      if (isSamePress()) await sleep(samePressMilliseconds);
      process.off('SIGINT', onInterrupt);
    },
  };
}
