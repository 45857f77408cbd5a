/** The worker in which the library computes, so that the page stays live. */
import { createEngine, type Engine } from 'wasm-mlp';
import {
  COMPUTATIONS,
  type Answer,
  type InputOf,
  type Computation,
  type Question,
  type ResultOf,
} from './computations.js';

const engine = createEngine();

type Compute = (engine: Engine, input: InputOf<Computation>) => ResultOf<Computation> | Promise<ResultOf<Computation>>;

async function answer({ id, kind, input }: Question): Promise<Answer> {
  try {
    return { id, result: await (COMPUTATIONS[kind] as Compute)(await engine, input) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

addEventListener('message', ({ data }: MessageEvent<Question>) => {
  void answer(data).then((message) => postMessage(message));
});
