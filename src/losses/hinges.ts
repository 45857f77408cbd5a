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

/**
 * Squared hinge loss: 1/n Σ_j max(0, 1 − s_j·y_j)², s_j = 1 for targets above 0 and −1 for others, as `hinge`.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: squaredHinge() });
 * network.evaluate([[0.5]], [[1, 0]]).loss; // 1.25
 * @category Losses
 */
export const squaredHinge = /* @__PURE__ */ withoutOptions('squaredHinge');

/**
 * Categorical hinge loss of scores, for targets that are one-hot: max(0, 1 + max_j (1 − t_j)·y_j − Σ_j t_j·y_j), 0 once
 * the right class is ahead of all others by 1. Of equal scores the first has the gradient. As in Keras, the largest of
 * other scores counts as at least 0.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 3, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: categoricalHinge() });
 * network.evaluate([[2]], [[0, 1, 0]]).loss; // 1
 * @category Losses
 */
export const categoricalHinge = /* @__PURE__ */ withoutOptions('categoricalHinge');
