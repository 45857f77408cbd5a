/** What a line of a snippet shows: its text and its value, as a console would print them, cut where it is long. */

/** Most characters of a value. */
const LONGEST = 300;

/**
 * @param {unknown} value
 * @param {number} depth
 * @returns {string}
 */
function valueText(value, depth) {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (value === null || typeof value !== 'object') return String(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const list = Array.from(/** @type {ArrayLike<number>} */ (/** @type {unknown} */ (value)));
    const some = list.slice(0, 12).map((one) => String(Math.round(one * 1e6) / 1e6));
    return `${value.constructor.name}(${list.length}) [${some.join(', ')}${list.length > 12 ? ', …' : ''}]`;
  }
  if (depth > 3) return Array.isArray(value) ? '[…]' : '{…}';
  if (Array.isArray(value)) return `[${value.map((one) => valueText(one, depth + 1)).join(', ')}]`;
  const entries = Object.entries(value).map(([name, one]) => `${name}: ${valueText(one, depth + 1)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/**
 * @param {string} text
 * @param {unknown} value
 */
export function textOf(text, value) {
  const shown = valueText(value, 0);
  const line = text.replaceAll(/\s+/g, ' ');
  return `${line.length > 80 ? `${line.slice(0, 79)}…` : line}\n  → ${shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown}`;
}
