/**
 * Lets the event loop run for a turn. A message to oneself comes back without the 4 ms that browsers make nested timers wait;
 * Node's setImmediate lets its I/O through.
 */
const turn = (): Promise<void> =>
  new Promise((resume) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resume);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resume();
    };
    port2.postMessage(null);
  });

/** Half a frame at 60 Hz: what a page can spare between two of its own. */
const BUDGET_MS = 8;

/** Tells when training has held the thread long enough, and gives it away. */
export class Breath {
  private last = performance.now();

  constructor(private readonly budget = BUDGET_MS) {}

  get due(): boolean {
    return performance.now() - this.last >= this.budget;
  }

  async take(): Promise<void> {
    await turn();
    this.last = performance.now();
  }

  /** A longer one: leaves a page as much time as was taken from it, and more. */
  async rest(): Promise<void> {
    const page = (globalThis as { document?: unknown }).document !== undefined;
    await (page ? new Promise((resume) => setTimeout(resume, 2 * this.budget)) : turn());
    this.last = performance.now();
  }
}
