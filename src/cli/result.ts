import type { Engine } from '../index.js';
import type { Classification } from './classification.js';
import type { Digits } from './mnist.js';
import type { JobOptions } from './options.js';
import type { Training } from './train.js';

/** Result of the evaluation of a trained model. */
export interface Judgement extends Classification {
  readonly test: { readonly loss: number; readonly accuracy: number };
  readonly testDigits: Digits;
  readonly weightsSha256: string;
}

export interface JobResult extends Training, Judgement {
  readonly engine: Engine['info'];
  readonly options: JobOptions;
  /**
   * File of the saved model, `<output>.partial` after an interrupt; null if nothing was learned and so nothing was
   * saved.
   */
  readonly output: string | null;
}
