import { createEngine } from '../index.js';
import type { Model } from '../index.js';
import { classify } from './classification.js';
import { weightsSha256 } from './hash.js';
import { listenForInterrupt } from './interrupt.js';
import type { Digits } from './mnist.js';
import { loadTestDigits, loadTrainingDigits } from './mnist.js';
import { createClassifier } from './network.js';
import type { JobOptions } from './options.js';
import { prepareOutput, writeOutput } from './output.js';
import { createProgress } from './progress.js';
import { header } from './summary.js';
import { train } from './train.js';
import type { JobResult, Judgement } from './result.js';

/** Loads, trains, saves and evaluates, with progress on `stream`. */
export async function runJob(options: JobOptions, stream: NodeJS.WriteStream): Promise<JobResult> {
  await prepareOutput(options.output);
  const digits = { training: await loadTrainingDigits(), test: await loadTestDigits() };
  const engine = await createEngine();
  const progress = createProgress(stream, { epochs: options.epochs, samples: digits.training.labels.length });
  // Only from here on, when there is something to save: until then, Ctrl-C simply ends the process.
  const interrupt = listenForInterrupt(() => progress.stop());
  try {
    stream.write(`${header(options, engine.info, digits.training.labels.length, digits.test.labels.length)}\n\n`);
    const model = createClassifier(engine, options, digits.training.labels.length);
    const training = await train(model, digits.training, options, progress.callback, interrupt.signal);
    progress.stop();
    // An untrained model is not saved; an unfinished one does not replace the file of an earlier run.
    const output = training.steps > 0 ? await writeOutput(options.output, model.save(), !training.aborted) : null;
    await interrupt.release();
    return { engine: engine.info, options, output, ...training, ...judge(model, digits.test) };
  } finally {
    progress.stop();
    await interrupt.release();
    engine.dispose();
  }
}

function judge(model: Model, testDigits: Digits): Judgement {
  const { loss, accuracy } = model.evaluate(testDigits.images, testDigits.labels);
  return {
    test: { loss, accuracy },
    ...classify(model.predict(testDigits.images), testDigits.labels),
    testDigits,
    weightsSha256: weightsSha256(model.getWeights()),
  };
}
