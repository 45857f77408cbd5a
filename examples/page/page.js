/**
 * Trains a network in the page and shows the result. In a file of its own, since a policy without 'unsafe-inline'
 * forbids inline scripts.
 */
import * as library from '../../dist/index.js';
import { drawCurve, showPredictions } from './view.js';
import { trainXor } from './xor.js';

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} id @param {string} content */
const text = (id, content) => (element(id).textContent = content);

try {
  /** @type {number[]} */
  const losses = [];
  const result = await trainXor(/** @type {any} */ (library), (epoch, loss) => {
    losses.push(loss);
    drawCurve(element('curve'), losses);
    text('status', `Epoch ${epoch + 1}, loss ${loss.toFixed(4)}`);
  });
  showPredictions(element('predictions'), result.predictions);
  text('hash', result.weightsSha256);
  Object.assign(globalThis, { __result: result });
} catch (error) {
  text('status', String(error));
  Object.assign(globalThis, { __result: { error: String(error) } });
}
