/** The page's side of the worker that trains. */
import type { Settings } from '../settings/settings.js';
import type { ExportFormat, Request, Response, Snapshot } from './protocol.js';

export interface TrainingListener {
  snapshot(snapshot: Snapshot): void;
  exported(format: ExportFormat, bytes: Uint8Array<ArrayBuffer>): void;
  failed(message: string): void;
}

/** Starts the worker and sends it requests. */
export class TrainingClient {
  readonly #worker: Worker;
  /** Number of the newest start. */
  #newest = 0;

  constructor(listener: TrainingListener) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Response>) => {
      if (data.kind === 'snapshot') {
        // Not of the network before.
        if (data.number === this.#newest) listener.snapshot(data.snapshot);
        // After the next frame: the page draws before it takes more.
        requestAnimationFrame(() => this.#post({ kind: 'drawn' }));
      } else if (data.kind === 'exported') listener.exported(data.format, data.bytes);
      else listener.failed(data.message);
    });
    this.#worker.addEventListener('error', (event) => listener.failed(event.message || 'The worker did not start.'));
  }

  #post(request: Request): void {
    this.#worker.postMessage(request);
  }

  /** Makes the network anew, and trains it for so many steps at full speed. */
  start(settings: Settings, steps = 0): void {
    this.#post({ kind: 'start', number: ++this.#newest, settings, steps });
  }

  run(stepsPerSecond: number): void {
    this.#post({ kind: 'run', stepsPerSecond });
  }

  step(steps: number): void {
    this.#post({ kind: 'step', steps });
  }

  export(format: ExportFormat): void {
    this.#post({ kind: 'export', format });
  }

  close(): void {
    this.#worker.terminate();
  }
}
