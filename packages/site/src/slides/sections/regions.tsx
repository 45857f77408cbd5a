/** The slides' table: how many hidden layers, which regions, and what becomes of XOR. */
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Slider } from '../../components/fields.js';
import { colourOfShare } from '../../components/colours.js';
import { usePalette } from '../../components/theme.js';
import {
  anyRegion,
  convexRegion,
  halfPlane,
  rightOfXor,
  stepAnswer,
  stepField,
  XOR,
  type StepLayer,
} from '../exact/step-networks.js';
import { fill, useTexts } from '../language.js';
import { fixed } from '../parts/numbers.js';
import { Plane, scaleOf } from '../parts/plane.js';
import { Prose, Rich } from '../parts/rich.js';
import { Section } from '../parts/section.js';
import { XorPoints } from '../parts/xor-points.js';

const CELLS = 100;
const RANGE = [-0.5, 1.5] as const;
const degrees = (angle: number): string => `${fixed(angle, 0)}°`;

interface RegionProps {
  readonly name: 'none' | 'one' | 'two';
  readonly network: readonly StepLayer[];
  readonly children: ComponentChildren;
}

function Region({ name, network, children }: RegionProps) {
  const { regions: texts } = useTexts();
  const colours = usePalette();
  const field = useMemo(() => stepField(network, CELLS, ...RANGE), [network]);
  const right = rightOfXor(network);
  const inside = field.reduce((sum, value) => sum + value, 0) / field.length;
  const lines = network[0].weights.length;
  return (
    <article class="card" data-region={name}>
      <h3>{texts[name]}</h3>
      <p class="kind">{texts[`${name}Kind`]}</p>
      <Plane
        x={RANGE}
        y={RANGE}
        xName="x₁"
        yName="x₂"
        size={CELLS}
        field={field}
        colourOf={(value) => colourOfShare(colours, value)}
        label={fill(texts.picture, { kind: texts[`${name}Kind`], lines, share: Math.round(100 * inside), right })}
      >
        {(scale) => (
          <>
            <Lines network={network} />
            <XorPoints scale={scale} isRight={(i) => stepAnswer(network, XOR[i].at) === XOR[i].target} />
          </>
        )}
      </Plane>
      <p class={right === 4 ? 'verdict right' : 'verdict'} role="status">
        {right === 4 ? '✓' : '✗'} {fill(right === 4 ? texts.solved : texts.unsolved, { right })}
      </p>
      {children}
    </article>
  );
}

/** The lines at which units of the first layer change. */
function Lines({ network }: { readonly network: readonly StepLayer[] }) {
  const { weights, bias } = network[0];
  const scale = scaleOf(RANGE, RANGE);
  return (
    <>
      {weights.map(([w1, w2], i) => {
        // From the point of the line nearest to the middle of the square, far to both sides.
        const length = w1 * w1 + w2 * w2 || 1;
        const off = (w1 * 0.5 + w2 * 0.5 + bias[i]) / length;
        const [x, y] = [0.5 - off * w1, 0.5 - off * w2];
        const [dx, dy] = [(-w2 * 3) / Math.sqrt(length), (w1 * 3) / Math.sqrt(length)];
        return (
          <line
            key={i}
            x1={scale.x(x - dx)}
            y1={scale.y(y - dy)}
            x2={scale.x(x + dx)}
            y2={scale.y(y + dy)}
            class="border-line"
          />
        );
      })}
    </>
  );
}

function None() {
  const { regions: texts } = useTexts();
  const [angle, setAngle] = useState(45);
  const [offset, setOffset] = useState(-0.35);
  const network = useMemo(() => halfPlane(angle, offset), [angle, offset]);
  return (
    <Region name="none" network={network}>
      <Slider label={texts.angle} value={angle} min={-180} max={180} step={5} text={degrees} onChange={setAngle} />
      <Slider label={texts.offset} value={offset} min={-1} max={1} step={0.05} text={fixed} onChange={setOffset} />
    </Region>
  );
}

function One() {
  const { regions: texts } = useTexts();
  const [sides, setSides] = useState(5);
  const [radius, setRadius] = useState(0.45);
  const [angle, setAngle] = useState(45);
  const network = useMemo(() => convexRegion(sides, radius, angle), [sides, radius, angle]);
  return (
    <Region name="one" network={network}>
      <Slider label={texts.sides} value={sides} min={2} max={10} step={1} text={String} onChange={setSides} />
      <Slider label={texts.size} value={radius} min={0.1} max={0.9} step={0.05} text={fixed} onChange={setRadius} />
      <Slider label={texts.angle} value={angle} min={0} max={180} step={5} text={degrees} onChange={setAngle} />
    </Region>
  );
}

function Two() {
  const { regions: texts } = useTexts();
  const [pieces, setPieces] = useState(2);
  const [distance, setDistance] = useState(0.7);
  const [radius, setRadius] = useState(0.32);
  const [angle, setAngle] = useState(135);
  const network = useMemo(() => anyRegion(pieces, distance, radius, angle), [pieces, distance, radius, angle]);
  return (
    <Region name="two" network={network}>
      <Slider label={texts.pieces} value={pieces} min={2} max={5} step={1} text={String} onChange={setPieces} />
      <Slider
        label={texts.distance}
        value={distance}
        min={0}
        max={0.8}
        step={0.05}
        text={fixed}
        onChange={setDistance}
      />
      <Slider label={texts.size} value={radius} min={0.1} max={0.6} step={0.02} text={fixed} onChange={setRadius} />
      <Slider label={texts.angle} value={angle} min={0} max={180} step={5} text={degrees} onChange={setAngle} />
    </Region>
  );
}

export function Regions() {
  const { regions: texts } = useTexts();
  return (
    <Section id="regions">
      <Prose texts={[texts.lead]} />
      <div class="cards">
        <None />
        <One />
        <Two />
      </div>
      <p class="hint">
        <Rich text={texts.how} />
      </p>
    </Section>
  );
}
