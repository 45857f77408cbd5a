/**
 * Asks the worker with the library, from components. The worker starts after the page is drawn. Of a control that
 * moves, only the newest question waits: the page never falls behind.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Answer, Computation, InputOf, Question, ResultOf } from './computations.js';

/** Started with the first question. */
let worker: Worker | undefined;
let count = 0;
const waiting = new Map<number, (answer: Answer) => void>();

function start(): Worker {
  const started = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  started.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  });
  started.addEventListener('error', (event) => {
    for (const [id, take] of waiting) take({ id, error: event.message || 'The worker did not start.' });
    waiting.clear();
    // The next question tries again.
    worker = undefined;
  });
  return started;
}

function ask(kind: Computation, input: InputOf<Computation>): Promise<Answer> {
  worker ??= start();
  const question: Question = { id: ++count, kind, input };
  const { id } = question;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker!.postMessage(question);
  });
}

export interface FromLibrary<R> {
  /** The newest result; of the question before while another is computed. */
  readonly result: R | undefined;
  readonly error: string | undefined;
}

/** Returns what the library computes of an input, which is plain data. Asks when the input changes. */
export function useLibrary<K extends Computation>(kind: K, input: InputOf<K>): FromLibrary<ResultOf<K>> {
  const [answer, setAnswer] = useState<Answer>();
  const key = JSON.stringify(input);
  const newest = useRef(key);
  const asking = useRef(false);
  newest.current = key;
  useEffect(() => {
    let live = true;
    const next = async (): Promise<void> => {
      if (asking.current) return;
      asking.current = true;
      let asked: string;
      do {
        asked = newest.current;
        const got = await ask(kind, JSON.parse(asked) as InputOf<K>);
        if (live || asked === newest.current) setAnswer(got);
      } while (asked !== newest.current);
      asking.current = false;
    };
    // After the page is drawn.
    const timer = setTimeout(() => void next(), 0);
    return () => {
      live = false;
      clearTimeout(timer);
    };
  }, [kind, key]);
  return { result: answer?.result as ResultOf<K> | undefined, error: answer?.error };
}
