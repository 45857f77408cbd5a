import { ValueError } from '../common/errors.js';
import { readsNothing, type Backward } from './binding.js';

/** Rounded weights have no gradient: a model refuses to train before it binds this. */
export const affineInt8Backward: Backward<'affineInt8'> = {
  reads: readsNothing,
  isAffine: true,
  bind() {
    throw new ValueError('weights of eight bits expected not to be trained.');
  },
};
