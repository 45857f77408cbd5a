/**
 * Output of the page: the loss as a curve, the four predictions as a table. `page.js` calls these functions during the
 * training; `xor.js` trains the network.
 */

import { inputs, targets } from './xor.js';

const width = 640;
const height = 260;
const margin = { left: 44, right: 12, top: 12, bottom: 28 };

/** @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
function shape(name, attributes, text = '') {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

/**
 * Draws the loss of each epoch so far, from 0 to the largest one.
 *
 * @param {Element} svg
 * @param {number[]} losses
 */
export function drawCurve(svg, losses) {
  const top = Math.max(...losses);
  /** @param {number} epoch */
  const x = (epoch) => margin.left + (epoch / Math.max(losses.length - 1, 1)) * (width - margin.left - margin.right);
  /** @param {number} loss */
  const y = (loss) => height - margin.bottom - (loss / top) * (height - margin.top - margin.bottom);

  const levels = [0, 0.25, 0.5, 0.75, 1].map((share) => share * top);
  const grid = levels.flatMap((loss) => [
    shape('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: y(loss), y2: y(loss) }),
    shape('text', { class: 'label', x: margin.left - 8, y: y(loss) + 4, 'text-anchor': 'end' }, loss.toFixed(2)),
  ]);
  const points = losses.map((loss, epoch) => `${x(epoch).toFixed(1)},${y(loss).toFixed(1)}`).join(' ');
  svg.replaceChildren(
    ...grid,
    shape('text', { class: 'label', x: margin.left, y: height - 8 }, 'epoch 1'),
    shape('text', { class: 'label', x: width - margin.right, y: height - 8, 'text-anchor': 'end' }, `${losses.length}`),
    shape('polyline', { class: 'curve', points }),
  );
}

/**
 * Shows one row per point of the truth table: inputs, target, prediction.
 *
 * @param {Element} body
 * @param {number[]} predictions
 */
export function showPredictions(body, predictions) {
  body.replaceChildren(
    ...predictions.map((prediction, i) => {
      const row = document.createElement('tr');
      for (const content of [...inputs[i], targets[i][0], prediction.toFixed(4)]) {
        row.insertCell().textContent = String(content);
      }
      const bar = document.createElement('span');
      bar.style.width = `${(100 * Math.min(Math.max(prediction, 0), 1)).toFixed(1)}%`;
      const cell = row.insertCell();
      cell.className = 'bar';
      cell.append(bar);
      return row;
    }),
  );
}
