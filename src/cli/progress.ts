/**
 * Progress of the training as a callback of `fit`: a bar on a terminal, lines elsewhere. `summary.ts` reports the
 * result.
 */
import cliProgress from 'cli-progress';
import type { Callback } from '../index.js';
import { decimals, percent, thousands } from './format.js';

/** Training progress on a stream. `stop` restores the terminal, however the training ended. */
export interface Progress {
  readonly callback: Callback;
  stop(): void;
}

interface Plan {
  readonly epochs: number;
  /** Training rows per epoch. */
  readonly samples: number;
}

type Logs = Record<string, number>;

/** Makes a bar on a terminal; elsewhere, as in a log file, one plain line per epoch and nothing per batch. */
export function createProgress(stream: NodeJS.WriteStream, plan: Plan): Progress {
  return stream.isTTY ? barProgress(stream, plan) : lineProgress(stream, plan);
}

function lineProgress(stream: NodeJS.WritableStream, { epochs, samples }: Plan): Progress {
  let epochStart = 0;
  return {
    callback: {
      onEpochBegin() {
        epochStart = performance.now();
      },
      onEpochEnd(epoch: number, logs: Logs) {
        const rate = samplesPerSecond(samples, epochStart);
        stream.write(`epoch ${epoch + 1}/${epochs}  ${measures(logs)}  ${thousands(rate)} samples/s\n`);
      },
    },
    stop: () => undefined,
  };
}

function barProgress(stream: NodeJS.WriteStream, { epochs, samples }: Plan): Progress {
  const redrawMilliseconds = 100;
  const bar = new cliProgress.SingleBar({
    stream,
    format: 'epoch {epoch} [{bar}] {percentage}%  {measures}  {rate} samples/s',
    barsize: 20,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  let epochStart = 0;
  let redrawAt = 0;
  let seen = 0;
  const draw = (logs: Logs): void => {
    bar.update(seen, { measures: measures(logs), rate: thousands(samplesPerSecond(seen, epochStart)) });
  };
  return {
    callback: {
      onEpochBegin(epoch: number) {
        epochStart = performance.now();
        redrawAt = epochStart + redrawMilliseconds;
        seen = 0;
        bar.start(samples, 0, { epoch: `${epoch + 1}/${epochs}`, measures: '', rate: '0' });
      },
      onBatchEnd(_batch: number, logs: Logs) {
        seen += logs.size;
        const now = performance.now();
        if (now < redrawAt) return;
        redrawAt = now + redrawMilliseconds;
        draw(logs);
      },
      onEpochEnd(_epoch: number, logs: Logs) {
        draw(logs);
        bar.stop();
      },
    },
    stop: () => bar.stop(),
  };
}

function measures({ loss, accuracy }: Logs): string {
  return `loss ${decimals(loss)}  accuracy ${percent(accuracy)}`;
}

function samplesPerSecond(samples: number, start: number): number {
  return (samples * 1000) / (performance.now() - start);
}
