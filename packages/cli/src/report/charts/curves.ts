/** Learning curves: the loss of each epoch, of training and of validation. */
import { axes, fixed, linear, picture, type Area } from '../svg.js';

export interface Curve {
  readonly name: string;
  readonly values: readonly number[];
}

const [WIDTH, HEIGHT] = [640, 300];
const AREA: Area = { left: 64, right: 620, top: 28, bottom: 250 };
/** Both differ in their dashes as well as their colours. */
const DASHES = ['', '7 4', '2 3'];

export function curvesChart(curves: readonly Curve[]): string {
  const all = curves.flatMap(({ values }) => values).filter(Number.isFinite);
  const epochs = Math.max(...curves.map(({ values }) => values.length));
  const x = linear(1, Math.max(2, epochs), AREA.left, AREA.right);
  const y = linear(Math.min(0, ...all), Math.max(...all, 0), AREA.bottom, AREA.top);
  const lines = curves.map(({ values }, index) => {
    const points = values
      .map((value, epoch) => ({ value, epoch }))
      .filter(({ value }) => Number.isFinite(value))
      .map(({ value, epoch }) => `${fixed(x(epoch + 1))},${fixed(y(value))}`);
    return `<polyline class="line series${index}" stroke-dasharray="${DASHES[index]}" points="${points.join(' ')}"/>`;
  });
  const legend = curves.map(({ name }, index) => {
    const at = AREA.right - 150 * (curves.length - index) + 20;
    return (
      `<line class="line series${index}" stroke-dasharray="${DASHES[index]}" x1="${at}" x2="${at + 26}" y1="14" y2="14"/>` +
      `<text class="tick" x="${at + 32}" y="18">${name}</text>`
    );
  });
  const label = `Loss of ${epochs} epochs: ${curves.map(({ name }) => name).join(' and ')}`;
  return picture(WIDTH, HEIGHT, label, axes(AREA, x, y, { x: 'epoch', y: 'loss' }) + lines.join('') + legend.join(''));
}
