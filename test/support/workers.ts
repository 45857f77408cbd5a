/**
 * The worker threads of this process. The library takes the Worker class from Node's module when it starts one, so
 * tests replace it there to count workers or to make them fail.
 */
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll } from 'vitest';

/** Returns the live set of workers that have not ended, for the tests of a file. */
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

/** Runs `act` while the library finds another Worker class. */
async function withWorker<T>(other: (Usual: typeof Worker) => typeof Worker, act: () => Promise<T> | T): Promise<T> {
  const threads = process.getBuiltinModule('node:worker_threads') as { Worker: typeof Worker };
  const Usual = threads.Worker;
  threads.Worker = other(Usual);
  try {
    return await act();
  } finally {
    threads.Worker = Usual;
  }
}

/** Runs `act` on a platform that refuses to start worker number `refused`, from 0, and starts the others. */
export function withoutWorker<T>(refused: number, act: () => Promise<T> | T): Promise<T> {
  let count = 0;
  return withWorker(
    (Usual) =>
      class extends Usual {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          if (count++ === refused) throw new Error('Worker initialization failure: EAGAIN.');
          super(...args);
        }
      },
    act,
  );
}

/** Runs `act` on a platform whose workers end before they begin. */
export const withEndingWorkers = <T>(act: () => Promise<T> | T): Promise<T> =>
  withWorker(
    (Usual) =>
      class extends Usual {
        constructor() {
          super('throw new Error("blocked")', { eval: true });
        }
      },
    act,
  );

/** Runs `act` on a platform whose workers begin but never send a message. */
export const withSilentWorkers = <T>(act: () => Promise<T> | T): Promise<T> =>
  withWorker(
    (Usual) =>
      class extends Usual {
        constructor() {
          super('setInterval(() => undefined, 1000)', { eval: true });
        }
      },
    act,
  );
