import type { Engine } from '../index.js';
import type { Classification } from './classification.js';
import type { Digits } from './mnist.js';
import type { JobOptions } from './options.js';
import type { Training } from './train.js';

/** What the trained model is worth. */
export interface Judgement extends Classification {
  readonly test: { readonly loss: number; readonly accuracy: number };
  readonly testDigits: Digits;
  readonly weightsSha256: string;
}

export interface JobResult extends Training, Judgement {
  readonly engine: Engine['info'];
  readonly options: JobOptions;
  /**
   * Where the model was saved, `<output>.partial` after an interrupt; null where it was not, because nothing was
   * learned.
   */
  readonly output: string | null;
}
