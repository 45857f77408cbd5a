/** Program of a worker. Its first message decides whether it trains for a model or computes for a pool. */
import { compute } from '../runtime/threads/compute.js';
import { openPort } from '../runtime/threads/port.js';
import type { WorkerStart } from '../runtime/threads/start.js';
import type { Begin, ToWorker } from './protocol.js';
import { WorkerFit } from './worker-fit.js';

let training: WorkerFit | undefined;

openPort((message, port) => {
  const first = message as WorkerStart | ToWorker;
  if (training !== undefined) training.receive(first as Exclude<ToWorker, Begin>);
  else if ('role' in first && first.role === 'fit') training = new WorkerFit(first, port);
  else compute(first as WorkerStart, port);
});
