/** A chart of losses over steps, as SVG: a solid line for training, a dashed one for the test. */
interface ChartProps {
  readonly title: string;
  readonly steps: readonly number[];
  readonly lines: readonly { readonly name: string; readonly values: readonly number[]; readonly dashed: boolean }[];
}

const WIDTH = 320;
const HEIGHT = 140;
const LEFT = 44;
const BOTTOM = 20;

const short = (value: number): string =>
  value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(0) : String(+value.toPrecision(2));

export function Chart({ title, steps, lines }: ChartProps) {
  const finite = lines.flatMap(({ values }) => values).filter(Number.isFinite);
  const most = Math.max(...finite, 1e-12);
  const least = Math.min(...finite, most);
  // Losses fall by powers of ten: their logarithms show the end as well as the start.
  const isLog = least > 0 && most / least > 20;
  const scale = (value: number): number => (isLog ? Math.log10(value) : value);
  const [low, high] = isLog ? [scale(least), scale(most)] : [Math.min(0, least), most];
  const last = steps.at(-1) ?? 0;
  const x = (step: number): number => LEFT + ((WIDTH - LEFT - 6) * step) / Math.max(1, last);
  const y = (value: number): number =>
    6 + (HEIGHT - BOTTOM - 6) * (1 - (scale(value) - low) / Math.max(1e-12, high - low));
  const path = (values: readonly number[]): string =>
    values
      .flatMap((value, i) => (Number.isFinite(value) ? [`${x(steps[i]).toFixed(1)},${y(value).toFixed(1)}`] : []))
      .join(' ');
  const ends = lines.map(({ name, values }) => `${name} ${short(values.at(-1) ?? NaN)}`).join(', ');
  return (
    <figure class="chart">
      <figcaption>
        {title}
        {lines.map(({ name, values, dashed }) => (
          <span key={name} class={dashed ? 'key dashed' : 'key'}>
            {name} <output>{values.length > 0 ? (values.at(-1) ?? NaN).toPrecision(3) : '–'}</output>
          </span>
        ))}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${title} over ${last} steps: ${ends}`}>
        <line x1={LEFT} y1={HEIGHT - BOTTOM} x2={WIDTH - 6} y2={HEIGHT - BOTTOM} class="axis" />
        <line x1={LEFT} y1={6} x2={LEFT} y2={HEIGHT - BOTTOM} class="axis" />
        <text x={LEFT - 4} y={12} text-anchor="end">
          {short(isLog ? most : high)}
        </text>
        <text x={LEFT - 4} y={HEIGHT - BOTTOM} text-anchor="end">
          {short(isLog ? least : low)}
        </text>
        <text x={LEFT} y={HEIGHT - 6}>
          0
        </text>
        <text x={WIDTH - 6} y={HEIGHT - 6} text-anchor="end">
          {last} steps
        </text>
        {lines.map(({ name, values, dashed }) => (
          <polyline key={name} points={path(values)} class={dashed ? 'line dashed' : 'line'} />
        ))}
      </svg>
    </figure>
  );
}
