/** Curves over an axis, as SVG: each with its own colour, dashes and name, over shaded stretches, with a movable line. */
import type { ComponentChildren } from 'preact';
import { SHAPES } from '../../components/marks.js';
import { powerOfTen } from './numbers.js';

export interface Curve {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Which colour and dashes, from 0; see slides.css. */
  readonly style: number;
  /** Whether a mark is drawn at each value. */
  readonly marks?: boolean;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly kind: 'soft' | 'hard';
}

interface CurvesProps {
  /** Says the numbers instead of the picture. */
  readonly label: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  /** Whether the vertical axis is one of powers of ten; `y` is then in powers. */
  readonly log?: boolean;
  readonly curves: readonly Curve[];
  readonly stretches?: readonly Stretch[];
  /** Where the movable line is. */
  readonly at?: number | undefined;
  readonly xName?: string;
  readonly height?: number;
  readonly children?: ComponentChildren;
}

const WIDTH = 420;
const LEFT = 40;
const BOTTOM = 22;
/** Top of the frame. */
const FRAME = 6;

/** Steps of 1, 2 or 5 times a power of ten, at most `most` of them. */
export function ticksOf([low, high]: readonly [number, number], most: number): number[] {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => +((first + i) * step).toPrecision(6));
}

const tickText = (value: number, isPower: boolean): string =>
  isPower ? powerOfTen(value) : String(value).replace('-', '−');

export function Curves({
  label,
  x,
  y,
  log = false,
  curves,
  stretches = [],
  at,
  xName,
  height = 230,
  children,
}: CurvesProps) {
  const px = (value: number): number => LEFT + ((WIDTH - LEFT - 8) * (value - x[0])) / (x[1] - x[0]);
  const py = (value: number): number => 8 + (height - BOTTOM - 8) * (1 - (value - y[0]) / (y[1] - y[0]));
  const scaled = (value: number): number => (log ? Math.log10(value) : value);
  // A little beyond the frame, where the picture is cut.
  const held = (value: number): number => Math.max(y[0] - (y[1] - y[0]), Math.min(y[1] + (y[1] - y[0]), value));
  const points = (curve: Curve): [number, number][] =>
    Array.from(curve.x, (value, i): [number, number] => [px(value), py(held(scaled(curve.y[i])))]).filter(([, place]) =>
      Number.isFinite(place),
    );
  const ends = { x1: LEFT, x2: WIDTH - 8 };
  return (
    <figure class="curves">
      <figcaption>
        {curves.map(({ name, style }) => (
          <span key={name} class="key">
            <svg viewBox="0 0 30 8" aria-hidden="true" class="sample">
              <line x1={0} y1={4} x2={30} y2={4} class={`series s${style}`} />
            </svg>
            {name}
          </span>
        ))}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={label}>
        {stretches.map(({ from, to, kind }) => (
          <rect
            key={`${from}${kind}`}
            x={px(from)}
            y={8}
            width={Math.max(0, px(to) - px(from))}
            height={height - BOTTOM - 8}
            class={`stretch ${kind}`}
          />
        ))}
        {ticksOf(y, 5).map((value) => (
          <g key={value}>
            <line {...ends} y1={py(value)} y2={py(value)} class={value === 0 && !log ? 'axis' : 'grid'} />
            <text x={LEFT - 5} y={py(value) + 4} text-anchor="end">
              {tickText(value, log)}
            </text>
          </g>
        ))}
        {ticksOf(x, 8).map((value) => (
          <text key={value} x={px(value)} y={height - 6} text-anchor="middle">
            {tickText(value, false)}
          </text>
        ))}
        {x[0] < 0 && x[1] > 0 && <line x1={px(0)} x2={px(0)} y1={8} y2={height - BOTTOM} class="axis" />}
        <line {...ends} y1={height - BOTTOM} y2={height - BOTTOM} class="axis" />
        {at !== undefined && <line x1={px(at)} x2={px(at)} y1={8} y2={height - BOTTOM} class="cursor" />}
        {/* Cut at the frame. */}
        <svg
          y={FRAME}
          width={WIDTH}
          height={height - BOTTOM - FRAME}
          viewBox={`0 ${FRAME} ${WIDTH} ${height - BOTTOM - FRAME}`}
        >
          {curves.map((curve) => (
            <g key={curve.name}>
              <polyline
                points={points(curve)
                  .map((pair) => pair.map((value) => value.toFixed(1)).join(','))
                  .join(' ')}
                class={`series s${curve.style}`}
              />
              {curve.marks === true &&
                points(curve).map(([cx, cy], i) => <Mark key={i} x={cx} y={cy} style={curve.style} size={3.2} />)}
            </g>
          ))}
        </svg>
        {at !== undefined &&
          curves.map((curve) => {
            // The curve's point nearest to the movable line.
            let nearest = 0;
            for (let i = 0; i < curve.x.length; i++)
              if (Math.abs(curve.x[i] - at) < Math.abs(curve.x[nearest] - at)) nearest = i;
            const cy = py(scaled(curve.y[nearest]));
            return cy >= 6 && cy <= height ? (
              <Mark key={curve.name} x={px(at)} y={cy} style={curve.style} size={5} />
            ) : null;
          })}
        {xName !== undefined && (
          <text x={WIDTH - 8} y={height - BOTTOM - 5} text-anchor="end">
            {xName}
          </text>
        )}
        {children}
      </svg>
    </figure>
  );
}

interface MarkProps {
  readonly x: number;
  readonly y: number;
  readonly style: number;
  readonly size: number;
  readonly hollow?: boolean;
}

/** The shape that goes with a colour: circle, square, triangle, diamond, turned triangle, cross. */
export function Mark({ x, y, style, size, hollow = false }: MarkProps) {
  return (
    <path
      d={SHAPES[style % SHAPES.length]}
      transform={`translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${size})`}
      class={`mark-of s${style}${hollow ? ' hollow' : ''}`}
    />
  );
}
