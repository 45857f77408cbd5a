/** Losses on the side of a margin: factories. bind.ts binds them to kernels. */
import { withoutOptions } from '../common/descriptor.js';

/**
 * Hinge loss: 1/n Σ_j max(0, 1 − s_j·y_j), s_j = 1 for targets above 0 and −1 for others: targets are 0 and 1, or −1
 * and 1.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: hinge() });
 * network.evaluate([[0.5]], [[1, 0]]).loss; // 1
 * @category Losses
 */
export const hinge = /* @__PURE__ */ withoutOptions('hinge');
