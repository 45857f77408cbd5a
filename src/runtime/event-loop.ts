/**
 * Lets the event loop run for a turn. Pages do it by a message to themselves: browsers make nested timers wait 4 ms,
 * those of a page in the background a second or a minute, and a page's `setImmediate`, where a script brings one along,
 * may be such a timer. Node's lets its input and output through.
 */
const turn = (): Promise<void> =>
  new Promise((resume) => {
    const messages = typeof MessageChannel === 'function';
    if (typeof setImmediate === 'function' && !(inPage() && messages)) {
      setImmediate(resume);
      return;
    }
    if (!messages) {
      // A test's imitation of a page may have neither.
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

/** Half a frame at 60 Hz: what a page can spare between two of its own. */
const BUDGET_MS = 8;

/** Tells when training has held the thread long enough, and gives it away. */
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
