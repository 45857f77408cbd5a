/** XOR by weights set by hand: sliders for the nine of them, and lines that are moved and turned with the mouse. */
import { useMemo, useRef, useState } from 'preact/hooks';
import { colourOfShare } from '../../components/colours.js';
import { Slider } from '../../components/fields.js';
import { usePalette } from '../../components/theme.js';
import { rightOfXor, stepAnswer, stepField, stepOutputs, XOR, type StepLayer } from '../exact/step-networks.js';
import { fill, useTexts } from '../language.js';
import { Formula, Formulas } from '../parts/formula.js';
import { short } from '../parts/numbers.js';
import { Plane, type Scale } from '../parts/plane.js';
import { Prose } from '../parts/rich.js';
import { Scroll } from '../parts/scroll.js';
import { Section } from '../parts/section.js';
import { XorPoints } from '../parts/xor-points.js';

/** Weights of a unit: w1, w2, bias. */
type Unit = readonly [number, number, number];
type Weights = readonly [h1: Unit, h2: Unit, o1: Unit];

const SLIDES: Weights = [
  [2, 2, -1],
  [-2, -2, 3],
  [2, 2, -3],
];
const NAMES = ['h_1', 'h_2', 'o_1'] as const;
const UNITS = ['h₁', 'h₂', 'o₁'] as const;
const INPUTS = ['x₁', 'x₂'] as const;
const RANGE = [-0.5, 1.5] as const;
const CELLS = 100;
const MOST = 5;

const networkOf = ([h1, h2, o1]: Weights): StepLayer[] => [
  { weights: [h1.slice(0, 2), h2.slice(0, 2)], bias: [h1[2], h2[2]] },
  { weights: [o1.slice(0, 2)], bias: [o1[2]] },
];

const formulaOf = (name: string, [w1, w2, b]: Unit, [first, second]: readonly [string, string]): string =>
  `${name} = f(${short(w1)} ${first} ${w2 < 0 ? '−' : '+'} ${short(Math.abs(w2))} ${second} ${b < 0 ? '−' : '+'} ${short(Math.abs(b))})`;

/** Rounds to the sliders' steps. */
const settled = (value: number): number => Math.max(-MOST, Math.min(MOST, Math.round(20 * value) / 20));

interface LineProps {
  readonly unit: Unit;
  readonly style: number;
  readonly name: string;
  readonly scale: Scale;
  readonly onGrab: (handle: 'middle' | 'end', event: PointerEvent) => void;
}

/** Where a unit changes: its line, a handle in the middle that moves it, one beside it that turns it. */
function UnitLine({ unit: [w1, w2, b], style, name, scale, onGrab }: LineProps) {
  const length = Math.sqrt(w1 * w1 + w2 * w2);
  if (length === 0) return null;
  const off = (w1 * 0.5 + w2 * 0.5 + b) / (length * length);
  const [x, y] = [0.5 - off * w1, 0.5 - off * w2];
  const [dx, dy] = [-w2 / length, w1 / length];
  const at = (t: number): [number, number] => [scale.x(x + t * dx), scale.y(y + t * dy)];
  const [[x1, y1], [x2, y2], [mx, my], [ex, ey]] = [at(-3), at(3), at(0), at(0.45)];
  // A short arrow to the side where the unit is 1.
  const [ax, ay] = [scale.x(x + (0.14 * w1) / length), scale.y(y + (0.14 * w2) / length)];
  return (
    <g>
      <line x1={x1} y1={y1} x2={x2} y2={y2} class={`series under`} />
      <line x1={x1} y1={y1} x2={x2} y2={y2} class={`series s${style}`} />
      <line x1={mx} y1={my} x2={ax} y2={ay} class={`series solid s${style}`} />
      <circle cx={ax} cy={ay} r={3.5} class={`mark-of s${style}`} />
      <circle cx={mx} cy={my} r={10} class={`handle s${style}`} onPointerDown={(event) => onGrab('middle', event)} />
      <rect
        x={ex - 8}
        y={ey - 8}
        width={16}
        height={16}
        class={`handle s${style}`}
        onPointerDown={(event) => onGrab('end', event)}
      />
      <text x={mx - (ax - mx) * 1.1} y={my - (ay - my) * 1.1 + 5} text-anchor="middle" class="halo name">
        {name}
      </text>
    </g>
  );
}

export function Xor() {
  const { xor: texts, common } = useTexts();
  const colours = usePalette();
  const [weights, setWeights] = useState<Weights>(SLIDES);
  const network = useMemo(() => networkOf(weights), [weights]);
  const field = useMemo(() => stepField(network, CELLS, ...RANGE), [network]);
  const svg = useRef<SVGSVGElement>(null);
  const grabbed = useRef<
    { readonly unit: 0 | 1; readonly handle: 'middle' | 'end'; readonly x: number; readonly y: number } | undefined
  >(undefined);
  const right = rightOfXor(network);

  const set = (unit: number, k: number, value: number): void =>
    setWeights(
      weights.map((old, u) => (u === unit ? old.map((w, i) => (i === k ? value : w)) : old)) as unknown as Weights,
    );
  const placeOf = (event: PointerEvent): [number, number] => {
    const box = svg.current!.getBoundingClientRect();
    const per = (RANGE[1] - RANGE[0]) / box.width;
    return [RANGE[0] + (event.clientX - box.left) * per, RANGE[1] - (event.clientY - box.top) * per];
  };
  const grab = (unit: 0 | 1) => (handle: 'middle' | 'end', event: PointerEvent) => {
    const [w1, w2, b] = weights[unit];
    const off = (w1 * 0.5 + w2 * 0.5 + b) / (w1 * w1 + w2 * w2);
    grabbed.current = { unit, handle, x: 0.5 - off * w1, y: 0.5 - off * w2 };
    svg.current?.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  const move = (event: PointerEvent): void => {
    const own = grabbed.current;
    if (own === undefined) return;
    const [x, y] = placeOf(event);
    const [w1, w2] = weights[own.unit];
    let turned: [number, number] = [w1, w2];
    let [px, py] = [x, y];
    if (own.handle === 'end') {
      // The line's direction is to the pointer; the weights are across it, as long as before.
      const [dx, dy] = [x - own.x, y - own.y];
      const length = Math.sqrt(dx * dx + dy * dy);
      if (length < 0.05) return;
      const size = Math.sqrt(w1 * w1 + w2 * w2);
      turned = [settled((size * dy) / length), settled((-size * dx) / length)];
      [px, py] = [own.x, own.y];
      if (turned[0] === 0 && turned[1] === 0) return;
    }
    const unit: Unit = [turned[0], turned[1], settled(-(turned[0] * px + turned[1] * py))];
    setWeights(weights.map((old, u) => (u === own.unit ? unit : old)) as unknown as Weights);
  };

  return (
    <Section id="xor">
      <Prose texts={[texts.lead, texts.drag]} />
      <div class="demo">
        <div>
          <Plane
            x={RANGE}
            y={RANGE}
            xName="x₁"
            yName="x₂"
            size={CELLS}
            field={field}
            colourOf={(value) => colourOfShare(colours, value)}
            svg={svg}
            onPointerMove={move}
            onPointerUp={() => (grabbed.current = undefined)}
            label={fill(texts.picture, {
              right,
              answers: XOR.map(({ at }) => `(${at.join(', ')}) → ${stepAnswer(network, at)}`).join(', '),
            })}
          >
            {(scale) => (
              <>
                {[0, 1].map((unit) => (
                  <UnitLine
                    key={unit}
                    unit={weights[unit]}
                    style={unit + 2}
                    name={unit === 0 ? 'h₁' : 'h₂'}
                    scale={scale}
                    onGrab={grab(unit as 0 | 1)}
                  />
                ))}
                <XorPoints scale={scale} isRight={(i) => stepAnswer(network, XOR[i].at) === XOR[i].target} />
              </>
            )}
          </Plane>
          <p class="hint">{texts.legend}</p>
        </div>
        <div class="controls">
          {weights.map((unit, u) => (
            <fieldset key={u} class="unit-weights">
              <legend>
                <Formula text={NAMES[u]} />
              </legend>
              {unit.map((value, k) => (
                <Slider
                  key={k}
                  label={fill(k === 2 ? texts.bias : texts.weight, {
                    unit: UNITS[u],
                    input: (u === 2 ? UNITS : INPUTS)[k],
                  })}
                  value={value}
                  min={-MOST}
                  max={MOST}
                  step={0.05}
                  text={short}
                  onChange={(next) => set(u, k, next)}
                />
              ))}
            </fieldset>
          ))}
          <button type="button" onClick={() => setWeights(SLIDES)}>
            {common.reset}
          </button>
        </div>
        <div class="outcome">
          <Formulas
            lines={weights.map((unit, u) => formulaOf(NAMES[u], unit, u === 2 ? ['h_1', 'h_2'] : ['x_1', 'x_2']))}
          />
          <Scroll label={texts.table}>
            <table class="numbers">
              <caption class="visually-hidden">{texts.table}</caption>
              <thead>
                <tr>
                  {['x_1', 'x_2', 'h_1', 'h_2', 'o_1', 'XOR', ''].map((name) => (
                    <th key={name} scope="col">
                      {name === '' ? <span class="visually-hidden">{texts.right}</span> : <Formula text={name} />}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {XOR.map(({ at, target }, i) => {
                  const [[h1, h2], [o1]] = stepOutputs(network, at);
                  return (
                    <tr key={i} class={o1 === target ? undefined : 'wrong-row'}>
                      {[...at, h1, h2, o1, target].map((value, k) => (
                        <td key={k}>{value}</td>
                      ))}
                      <td>{o1 === target ? '✓' : '✗'}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </Scroll>
          <p class={right === 4 ? 'verdict right' : 'verdict'} role="status">
            {right === 4 ? '✓' : '✗'} {fill(right === 4 ? texts.solved : texts.unsolved, { right })}
          </p>
        </div>
      </div>
    </Section>
  );
}
