import { takeFinalizerTurn } from './model-allocator.js';

/**
 * Resolves after one turn of the event loop. Pages post a message to themselves: browsers make nested timers wait 4 ms,
 * or a second to a minute in a page in the background, and a `setImmediate` that a script adds to a page may be such a
 * timer. Node's `setImmediate` lets input and output through.
 */
const turn = (): Promise<void> =>
  new Promise((resume) => {
    const messages = typeof MessageChannel === 'function';
    if (typeof setImmediate === 'function' && !(inPage() && messages)) {
      setImmediate(resume);
      return;
    }
    if (!messages) {
      // A simulated page in tests may have neither.
      setTimeout(resume);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resume();
    };
    port2.postMessage(null);
  });

/** Whether this thread draws a page. */
const inPage = (): boolean => (globalThis as { document?: unknown }).document !== undefined;

/** Half a frame at 60 Hz: the time that a page can spare between two frames. */
const BUDGET_MS = 8;

/** Tells when training has run for `budget` milliseconds without a break, and yields to the event loop. */
export class EventLoopYielder {
  private last = performance.now();

  constructor(private readonly budget = BUDGET_MS) {}

  get shouldYield(): boolean {
    return performance.now() - this.last >= this.budget;
  }

  async yield(): Promise<void> {
    await turn();
    this.last = performance.now();
  }
}

/** Returns a result, after yielding to the event loop if so much was allocated that finalizers should run. */
export async function afterFinalizers<T>(result: T): Promise<T> {
  if (takeFinalizerTurn()) await new EventLoopYielder().yield();
  return result;
}
