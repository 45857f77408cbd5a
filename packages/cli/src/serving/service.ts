/** Puts a server together: models of files, what computes them, metrics, HTTP. */
import type { FastifyInstance } from 'fastify';
import type { BatchOptions } from './batcher.js';
import { Metrics } from './metrics.js';
import { ModelFileWatch, watchFiles, type NamedFile } from './model-file.js';
import { createServer, type ServerOptions, type ServerState } from './server.js';
import { installHere, ServedModels } from './served-models.js';

export interface ServiceOptions extends ServerOptions, Pick<BatchOptions, 'size' | 'delay'> {
  /** Seconds between two looks at the files; 0 for none. */
  readonly reload: number;
}

export const DEFAULT_SERVICE = {
  size: 64,
  delay: 0,
  queue: 1024,
  maxBody: 16e6,
  reload: 1,
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
  const { size, delay } = options;
  const models = new ServedModels(metrics, { size, delay, concurrency: 1 }, installHere);
  const app = createServer(models, metrics, state, options);
  const watches = files.map((file) => new ModelFileWatch(file, models, app.log));
  for (const watch of watches) await watch.load();
  if (options.reload > 0) {
    const stop = watchFiles(watches, options.reload);
    app.addHook('onClose', () => stop());
  }
  const reload = async (): Promise<void> => {
    for (const watch of watches) await watch.check();
  };
  return { app, state, models, reload };
}
