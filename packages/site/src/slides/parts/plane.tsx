/** A square of the plane: a picture of a function of its places, with axes and shapes over it. */
import type { ComponentChildren, RefObject } from 'preact';
import type { Colour } from '../../components/colours.js';
import { HeatMap } from '../../components/heat-map.js';
import { Mark, ticksOf } from './curves.js';

/** Side of the square in the units of its shapes. */
const SIDE = 400;

export interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** From places of the plane to those of the picture. */
export function scaleOf(x: readonly [number, number], y: readonly [number, number]): Scale {
  return {
    x: (value) => (SIDE * (value - x[0])) / (x[1] - x[0]),
    y: (value) => SIDE * (1 - (value - y[0]) / (y[1] - y[0])),
  };
}

interface PlaneProps {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xName: string;
  readonly yName: string;
  readonly size?: number;
  readonly field?: Float32Array | undefined;
  readonly colourOf?: (value: number) => Colour;
  /** Says the numbers instead of the picture. */
  readonly label: string;
  readonly children: (scale: Scale) => ComponentChildren;
  readonly svg?: RefObject<SVGSVGElement | null>;
  readonly onPointerMove?: (event: PointerEvent) => void;
  readonly onPointerUp?: (event: PointerEvent) => void;
}

export function Plane(props: PlaneProps) {
  const { x, y, xName, yName, size, field, colourOf, label, children, svg, onPointerMove, onPointerUp } = props;
  const scale = scaleOf(x, y);
  return (
    <div class="plane">
      {size !== undefined && colourOf !== undefined && (
        <div class="plane-back" aria-hidden="true">
          <HeatMap size={size} values={field} colourOf={colourOf} label="" />
        </div>
      )}
      <svg
        ref={svg}
        viewBox={`0 0 ${SIDE} ${SIDE}`}
        role="img"
        aria-label={label}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
      >
        {ticksOf(x, 4).map((value) => (
          <g key={value}>
            <line x1={scale.x(value)} x2={scale.x(value)} y1={0} y2={SIDE} class={value === 0 ? 'axis' : 'grid'} />
            {scale.x(value) > 12 && scale.x(value) < SIDE - 46 && (
              <text x={scale.x(value) + 3} y={SIDE - 5} class="halo">
                {String(value).replace('-', '−')}
              </text>
            )}
          </g>
        ))}
        {ticksOf(y, 4).map((value) => (
          <g key={value}>
            <line x1={0} x2={SIDE} y1={scale.y(value)} y2={scale.y(value)} class={value === 0 ? 'axis' : 'grid'} />
            {scale.y(value) > 34 && scale.y(value) < SIDE - 18 && (
              <text x={4} y={scale.y(value) - 3} class="halo">
                {String(value).replace('-', '−')}
              </text>
            )}
          </g>
        ))}
        <text x={SIDE - 6} y={SIDE - 5} text-anchor="end" class="halo name">
          {xName}
        </text>
        <text x={4} y={16} class="halo name">
          {yName}
        </text>
        {children(scale)}
      </svg>
    </div>
  );
}

interface PathProps {
  readonly scale: Scale;
  readonly w1: readonly number[];
  readonly w2: readonly number[];
  readonly steps: number;
  readonly style: number;
  /** Whether each step is marked. */
  readonly dots?: boolean;
}

/** The path of two weights up to a step, with a mark at its end. Places far outside are cut. */
export function WeightPath({ scale, w1, w2, steps, style, dots = false }: PathProps) {
  const held = (value: number): number => Math.max(-9999, Math.min(9999, value));
  const places = w1
    .slice(0, steps + 1)
    .map((value, i): [number, number] => [held(scale.x(value)), held(scale.y(w2[i]))])
    .filter(([px, py]) => Number.isFinite(px) && Number.isFinite(py));
  const [lastX, lastY] = places.at(-1) ?? [0, 0];
  const points = places.map((pair) => pair.map((value) => value.toFixed(1)).join(',')).join(' ');
  return (
    <g>
      <polyline points={points} class="series under" />
      <polyline points={points} class={`series s${style}`} />
      {dots && places.map(([px, py], i) => <circle key={i} cx={px} cy={py} r={2.4} class={`mark-of s${style}`} />)}
      <Mark x={lastX} y={lastY} style={style} size={7} />
    </g>
  );
}
