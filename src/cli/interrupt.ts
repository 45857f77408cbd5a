import { setTimeout as sleep } from 'node:timers/promises';
import { exitStatus } from './errors.js';

/**
 * Under npm one Ctrl-C arrives twice: from the terminal, and from npm, which passes on what it got. What follows the
 * first within this time is the same key press.
 */
const samePressMilliseconds = 200;

export interface Interrupt {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Gives Ctrl-C back to the system, which ends the process at once, even in the middle of a computation. */
  release(): Promise<void>;
}

/**
 * Turns the first Ctrl-C into an abort of `signal`; a second one ends the process. Both are noticed between two batches
 * only, since a batch keeps the thread: two presses during one batch count as one.
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
