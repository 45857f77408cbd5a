/** Puts a server together: models of files, what computes them, metrics, HTTP. */
import type { FastifyInstance } from 'fastify';
import type { BatchOptions } from './batcher.js';
import { Metrics } from './metrics.js';
import { ModelFileWatch, watchFiles, type NamedFile } from './model-file.js';
import { createServer, type ServerOptions, type ServerState } from './server.js';
import { installHere, ServedModels } from './served-models.js';
import { WorkerPool } from './workers/pool.js';

export interface ServiceOptions extends ServerOptions, Pick<BatchOptions, 'size' | 'delay'> {
  /** Seconds between two looks at the files; 0 for none. */
  readonly reload: number;
  /** Threads that compute; 0: the thread of the server does. */
  readonly workers: number;
}

export const DEFAULT_SERVICE = {
  size: 64,
  delay: 0,
  queue: 1024,
  maxBody: 16e6,
  reload: 1,
  workers: 0,
  logRequests: false,
} as const;

export interface Service {
  readonly app: FastifyInstance;
  readonly state: ServerState;
  readonly models: ServedModels;
  /** Looks at the files now. */
  reload(): Promise<void>;
}

/**
 * Returns a server that has its models and does not listen yet. What it has started ends with it.
 * @throws Failure for a file that is no model.
 */
export async function makeService(files: readonly NamedFile[], options: ServiceOptions): Promise<Service> {
  const metrics = new Metrics();
  const state: ServerState = { isEnding: false };
  const { size, delay, workers } = options;
  const batches = { size, delay, concurrency: Math.max(1, workers) };
  const log = { error: (fields: object, message: string): void => app.log.error(fields, message) };
  const pool = workers === 0 ? undefined : new WorkerPool(workers, log);
  const models = new ServedModels(metrics, batches, pool?.install ?? installHere);
  const app = createServer(models, metrics, state, options);
  // After the last request.
  app.addHook('onClose', () => pool?.end());
  const watches = files.map((file) => new ModelFileWatch(file, models, app.log));
  try {
    for (const watch of watches) await watch.load();
  } catch (error) {
    await app.close();
    throw error;
  }
  if (options.reload > 0) {
    const stop = watchFiles(watches, options.reload);
    app.addHook('onClose', () => stop());
  }
  const reload = async (): Promise<void> => {
    for (const watch of watches) await watch.check();
  };
  return { app, state, models, reload };
}
