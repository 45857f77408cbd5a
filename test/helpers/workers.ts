/** The worker threads of this process: the library takes the class from Node's module when it starts one. */
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll } from 'vitest';

/** Keeps count of the workers that have not ended, for the tests of a file. */
export function watchWorkers(): ReadonlySet<Worker> {
  const workers = new Set<Worker>();
  const threads = process.getBuiltinModule('node:worker_threads') as { Worker: typeof Worker };
  const Original = threads.Worker;
  beforeAll(() => {
    threads.Worker = class extends Original {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        workers.add(this);
        this.once('exit', () => workers.delete(this));
      }
    };
  });
  afterAll(() => {
    threads.Worker = Original;
  });
  return workers;
}

/** Waits until all of them have ended. */
export async function allEnded(workers: ReadonlySet<Worker>): Promise<void> {
  await Promise.all([...workers].map((worker) => new Promise((ended) => worker.once('exit', ended))));
}
