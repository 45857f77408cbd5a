/**
 * The worker that trains. It takes steps for some milliseconds, then looks for messages; it sends a snapshot when the
 * page has drawn the last one, so that a slow page gets fewer of them and training goes on at full speed.
 */
import { createEngine } from 'wasm-mlp';
import type { Request, Response } from './protocol.js';
import { Session } from './session.js';

/** Milliseconds of training between two looks at messages. */
const SLICE = 10;
/** Milliseconds between two diagnoses: advice need not come sixty times a second. */
const DIAGNOSIS_EVERY = 300;

const engine = createEngine();
let session: Session | undefined;
/** Steps in a second; Infinity for full speed, 0 for a pause. */
let speed = 0;
/** The step at which training pauses by itself. */
let until = Infinity;
let looping = false;
/** Numbers of the newest request to start, and of the one that has made the session. */
let newest = 0;
let current = 0;
/** Whether the page has drawn what it got. */
let drawn = true;
let diagnosed = -Infinity;
let counted = { steps: 0, since: 0, rate: 0 };

const post = (message: Response, transfer: Transferable[] = []): void => postMessage(message, { transfer });

const failed = (error: unknown): void => {
  speed = 0;
  post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
};

async function send(): Promise<void> {
  if (session === undefined) return;
  const now = performance.now();
  const whole = speed === 0 || now - diagnosed > DIAGNOSIS_EVERY;
  if (whole) diagnosed = now;
  if (now - counted.since > 500) {
    counted = {
      steps: session.step,
      since: now,
      rate: (1000 * (session.step - counted.steps)) / (now - counted.since),
    };
  }
  drawn = false;
  const number = current;
  post({ kind: 'snapshot', number, snapshot: await session.snapshot(speed > 0, counted.rate, whole) });
}

/** Lets messages in. A timer would wait four milliseconds. */
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });

async function loop(): Promise<void> {
  if (looping) return;
  looping = true;
  let own = session;
  try {
    let last = performance.now();
    let due = 0;
    while (speed > 0 && session !== undefined) {
      own = session;
      const start = performance.now();
      // At most a tenth of a second is made up for. At full speed a step is always due.
      due = speed === Infinity ? Infinity : Math.min(due + ((start - last) / 1000) * speed, Math.max(1, speed / 10));
      last = start;
      while (due >= 1 && performance.now() - start < SLICE && own.stopped === undefined && own.step < until) {
        await own.takeStep();
        due--;
      }
      // A request has started another meanwhile.
      if (own !== session) continue;
      if (own.stopped !== undefined || own.step >= until) {
        speed = 0;
        await send();
        break;
      }
      if (drawn) await send();
      await (due >= 1 ? pause() : new Promise((resolve) => setTimeout(resolve, 5)));
    }
  } catch (error) {
    // A step of a network that was freed for the next one is none of the user's.
    if (own === session) failed(error);
  } finally {
    looping = false;
  }
}

type Queued = Exclude<Request, { kind: 'drawn' }>;

const handlers: { readonly [K in Queued['kind']]: (request: Extract<Queued, { kind: K }>) => Promise<void> } = {
  async start({ settings, steps, number }) {
    if (number !== newest) return;
    speed = 0;
    session?.dispose();
    session = undefined;
    session = new Session(await engine, settings);
    current = number;
    counted = { steps: 0, since: performance.now(), rate: 0 };
    if (steps > 0) {
      [speed, until] = [Infinity, steps];
      void loop();
    } else await send();
  },
  async run({ stepsPerSecond }) {
    until = Infinity;
    speed = session?.stopped === undefined ? stepsPerSecond : 0;
    if (speed > 0) void loop();
    else await send();
  },
  async step({ steps }) {
    for (let i = 0; i < steps; i++) await session?.takeStep();
    await send();
  },
  async export({ format }) {
    if (session === undefined) return;
    const bytes = await session.file(format);
    post({ kind: 'exported', format, bytes }, [bytes.buffer]);
  },
};

// One after the other: a request may wait for the one before it.
let queue: Promise<void> = Promise.resolve();
addEventListener('message', ({ data }: MessageEvent<Request>) => {
  if (data.kind === 'drawn') {
    drawn = true;
    return;
  }
  if (data.kind === 'start') newest = data.number;
  queue = queue.then(() => (handlers[data.kind] as (request: Queued) => Promise<void>)(data)).catch(failed);
});
