/** A confusion matrix: rows are true labels, columns predicted ones; darker is more, and each count is written. */
import { escaped } from '../svg.js';

/** Labels beyond which a matrix is no longer read. */
export const MOST_LABELS = 30;

export function confusionTable(labels: readonly string[], counts: readonly (readonly number[])[]): string {
  const head = labels.map((label) => `<th scope="col">${escaped(label)}</th>`).join('');
  const rows = labels.map((label, i) => {
    const total = counts[i].reduce((sum, count) => sum + count, 0);
    const cells = counts[i].map((count, j) => {
      const share = total === 0 ? 0 : count / total;
      const kind = i === j ? 'right' : 'wrong';
      return `<td class="${kind}" style="--share:${share.toFixed(3)}">${count}</td>`;
    });
    return `<tr><th scope="row">${escaped(label)}</th>${cells.join('')}</tr>`;
  });
  return (
    '<div class="scroll"><table class="confusion"><caption>Rows: true. Columns: predicted.</caption>' +
    `<thead><tr><td></td>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
  );
}
