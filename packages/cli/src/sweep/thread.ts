/** The script of a thread that makes trials: gets the table once, then one trial after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../failure.js';
import { trialsIn } from './trial.js';
import type { TrialKey } from './records.js';
import type { ThreadAnswer, ThreadData } from './threads.js';

const { table, plan } = workerData as ThreadData;
const run = trialsIn(table, plan);

async function answerTo(trial: TrialKey): Promise<ThreadAnswer> {
  try {
    return { record: await run(trial) };
  } catch (error) {
    const isFailure = error instanceof Failure;
    const message =
      error instanceof Error ? (isFailure ? error.message : (error.stack ?? error.message)) : String(error);
    return { error: { message, isFailure } };
  }
}

parentPort!.on('message', (trial: TrialKey) => void answerTo(trial).then((answer) => parentPort!.postMessage(answer)));
