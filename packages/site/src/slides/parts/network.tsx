/** A network as circles and lines. What is chosen is drawn thicker, not in another colour alone. */
import type { ComponentChildren } from 'preact';
import { Formula } from './formula.js';

interface NetworkProps {
  /** Names of the units of each layer, inputs first, in the markup of formula.tsx. */
  readonly layers: readonly (readonly string[])[];
  readonly label: string;
  /** Whether a connection stands out: from unit j of layer l to unit i of the next. */
  readonly strong?: (l: number, i: number, j: number) => boolean;
  readonly strongUnit?: (l: number, i: number) => boolean;
  /** A line below a unit, such as its value. */
  readonly below?: (l: number, i: number) => string | undefined;
  readonly weight?: (l: number, i: number, j: number) => string | undefined;
  readonly onChoose?: (l: number, i: number) => void;
}

const ACROSS = 190;
const DOWN = 106;
const RADIUS = 21;

export function Network({ layers, label, strong, strongUnit, below, weight, onChoose }: NetworkProps) {
  const most = Math.max(...layers.map(({ length }) => length));
  const width = ACROSS * (layers.length - 1) + 2 * RADIUS + 60;
  const height = DOWN * most;
  const place = (l: number, i: number): [number, number] => [
    RADIUS + 30 + ACROSS * l,
    height / 2 + DOWN * (i - (layers[l].length - 1) / 2) - 6,
  ];
  const lines: ComponentChildren[] = [];
  const names: ComponentChildren[] = [];
  layers.slice(1).forEach((units, l) => {
    units.forEach((_, i) => {
      layers[l].forEach((__, j) => {
        const [[x1, y1], [x2, y2]] = [place(l, j), place(l + 1, i)];
        lines.push(
          <line x1={x1} y1={y1} x2={x2} y2={y2} class={strong?.(l, i, j) === true ? 'link strong' : 'link'} />,
        );
        const text = weight?.(l, i, j);
        if (text !== undefined) {
          // On crossing lines before they cross, on level ones in the middle.
          const share = y1 === y2 ? 0.5 : 0.35;
          names.push(
            <text
              x={x1 + (x2 - x1) * share}
              y={y1 + (y2 - y1) * share + (y1 === y2 ? -6 : 4)}
              text-anchor="middle"
              class="halo small"
            >
              {text}
            </text>,
          );
        }
      });
    });
  });
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} class="network-picture">
      {lines}
      {names}
      {layers.flatMap((units, l) =>
        units.map((name, i) => {
          const [x, y] = place(l, i);
          return (
            <g key={`${l}${name}`} onClick={() => onChoose?.(l, i)} class={onChoose && l > 0 ? 'choosable' : undefined}>
              <circle cx={x} cy={y} r={RADIUS} class={strongUnit?.(l, i) === true ? 'node strong' : 'node'} />
              <foreignObject x={x - RADIUS} y={y - 13} width={2 * RADIUS} height={26}>
                <div class="node-name">
                  <Formula text={name} />
                </div>
              </foreignObject>
              {below?.(l, i) !== undefined && (
                <text x={x} y={y + RADIUS + 17} text-anchor="middle" class="halo small">
                  {below(l, i)}
                </text>
              )}
            </g>
          );
        }),
      )}
    </svg>
  );
}
