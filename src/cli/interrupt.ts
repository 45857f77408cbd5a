import { exitStatus } from './errors.js';

/**
 * Under npm one Ctrl-C arrives twice: from the terminal, and from npm, which passes on what it got. What follows the
 * first within this time is the same key press.
 */
const samePressMilliseconds = 200;

/** Turns the first Ctrl-C into an abort of `signal`; a second one ends the process at once. */
export function listenForInterrupt(beforeExit: () => void): { signal: AbortSignal; stopListening(): void } {
  const controller = new AbortController();
  let firstPress = 0;
  const onInterrupt = (): void => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      firstPress = now;
      controller.abort();
    } else if (now - firstPress > samePressMilliseconds) {
      beforeExit();
      process.exit(exitStatus.interrupted);
    }
  };
  process.on('SIGINT', onInterrupt);
  return {
    signal: controller.signal,
    stopListening: () => void process.off('SIGINT', onInterrupt),
  };
}
