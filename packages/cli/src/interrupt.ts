/**
 * Signals that end the command: temporary files go, and the status says which one it was. Where a part of the work
 * listens for a signal itself, with `process.once`, it decides what becomes of the first one.
 */
import { constants } from 'node:os';
import { signalStatus } from './failure.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends the process at a signal, after `onEnd`. A second one does not wait for it. */
export function endAtSignals(onEnd: (signal: (typeof SIGNALS)[number]) => Promise<void>): void {
  let isEnding = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (process.listenerCount(signal) > 1) return;
      const end = (): void => process.exit(signalStatus(constants.signals[signal]));
      if (isEnding) end();
      isEnding = true;
      void onEnd(signal).finally(end);
    });
  }
}
