/** A new order of rows for each epoch, for contestants whose library has none. */
import { generator } from '../../measure/statistics.mjs';

/** @param {number} count @returns {() => Int32Array} */
export function shuffledRows(count) {
  const random = generator(11);
  const rows = Int32Array.from({ length: count }, (_, i) => i);
  return () => {
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [rows[i], rows[j]] = [rows[j], rows[i]];
    }
    return rows;
  };
}
