import { fieldOf } from '../../common/objects.js';
import { requireHook, type Callback } from './callback.js';

/**
 * Stops training after the first batch whose loss is NaN or infinite.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: sgd({ learningRate: 1e20 }), loss: 'meanSquaredError' });
 * const { epoch } = await network.fit([[1]], [[9]], { epochs: 99, callbacks: [terminateOnNaN()] });
 * epoch.length < 9; // true
 * @category Training and callbacks
 */
export const terminateOnNaN = (): Callback => ({
  onBatchEnd(_batch, logs, model) {
    requireHook('terminateOnNaN', logs, model);
    if (!Number.isFinite(fieldOf(logs, 'loss'))) model.stopTraining = true;
  },
});
