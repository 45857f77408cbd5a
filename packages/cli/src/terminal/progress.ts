/** Progress of a training on a terminal: one bar that is redrawn. Elsewhere nothing is drawn. */
import cliProgress from 'cli-progress';
import { figure } from './layout.js';
import type { Printer } from './printer.js';

export interface ProgressBar {
  /** Draws that `done` steps are done. */
  update(done: number, logs: Readonly<Record<string, number>>): void;
  /** Removes the bar, however the work ended. */
  stop(): void;
}

/** Milliseconds between two drawings. */
const INTERVAL = 100;

export function progressBar(print: Printer, title: string, steps: number): ProgressBar {
  const stream = print.terminal;
  if (stream === undefined) return { update: () => undefined, stop: () => undefined };
  const bar = new cliProgress.SingleBar({
    stream,
    format: `${title} {bar} {value}/{total}  {measures}`,
    barsize: 20,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    fps: 1000 / INTERVAL,
    // Signals are main's.
    gracefulExit: false,
  });
  bar.start(steps, 0, { measures: '' });
  const stop = (): void => {
    process.off('exit', stop);
    bar.stop();
  };
  // The cursor is hidden meanwhile.
  process.on('exit', stop);
  return {
    update(done, { loss, valLoss }) {
      const measures = [
        ...(loss === undefined ? [] : [`loss ${figure(loss)}`]),
        ...(valLoss === undefined ? [] : [`validation ${figure(valLoss)}`]),
      ];
      bar.update(done, { measures: measures.join('  ') });
    },
    stop,
  };
}
