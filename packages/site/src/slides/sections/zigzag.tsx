/** The zigzag: a unit whose inputs are all positive beside one whose inputs are around 0. */
import { useMemo, useState } from 'preact/hooks';
import { colourOfValue } from '../../components/colours.js';
import { Choice, Slider } from '../../components/fields.js';
import { usePalette } from '../../components/theme.js';
import type { Path } from '../compute/paths.js';
import { banded, costField, zigzagSurface } from '../exact/surfaces.js';
import { fill, useTexts } from '../language.js';
import { useLibrary } from '../library/use-library.js';
import { Formulas } from '../parts/formula.js';
import { fixed, short } from '../parts/numbers.js';
import { Plane, WeightPath } from '../parts/plane.js';
import { Player } from '../parts/player.js';
import { Prose } from '../parts/rich.js';
import { Section, Waiting } from '../parts/section.js';

const STEPS = 48;
const CELLS = 120;
const KINDS = ['positive', 'centred'] as const;

/** Returns how many of the steps changed both weights in one direction. */
export function sameSigns({ w1, w2 }: Path, steps: number): number {
  let count = 0;
  for (let i = 1; i <= steps; i++) if ((w1[i] - w1[i - 1]) * (w2[i] - w2[i - 1]) > 0) count++;
  return count;
}

const signOf = (change: number): string => (change > 0 ? '+' : change < 0 ? '−' : '0');

interface SideProps {
  readonly kind: (typeof KINDS)[number];
  readonly path: Path;
  readonly step: number;
}

function Side({ kind, path, step }: SideProps) {
  const { zigzag: texts } = useTexts();
  const colours = usePalette();
  const surface = useMemo(() => zigzagSurface(kind), [kind]);
  const field = useMemo(() => banded(costField(surface, CELLS), 14), [surface]);
  const same = sameSigns(path, step);
  const change = step > 0 ? [path.w1, path.w2].map((w) => signOf(w[step] - w[step - 1])) : ['–', '–'];
  return (
    <article class="card">
      <h3>{texts[kind]}</h3>
      <Plane
        x={surface.range.x}
        y={surface.range.y}
        xName="w₁"
        yName="w₂"
        size={CELLS}
        field={field}
        colourOf={(value) => colourOfValue(colours, 0.55 * (1 - value))}
        label={fill(texts.picture, {
          kind: texts[kind],
          step,
          w1: fixed(path.w1[step]),
          w2: fixed(path.w2[step]),
          cost: short(path.cost[step]),
          same,
        })}
      >
        {(scale) => (
          <>
            <WeightPath scale={scale} w1={path.w1} w2={path.w2} steps={step} style={0} dots />
            <g class="goal">
              <circle cx={scale.x(1.2)} cy={scale.y(-1.2)} r={9} />
              <path d={`M${scale.x(1.2) - 14},${scale.y(-1.2)}h28m-14,-14v28`} />
            </g>
          </>
        )}
      </Plane>
      <p class="readout">
        {fill(texts.last, { one: change[0], two: change[1] })}
        <br />
        {fill(texts.same, { same, step })}
        <br />
        {fill(texts.cost, { cost: short(path.cost[step]) })}
      </p>
    </article>
  );
}

export function Zigzag() {
  const { zigzag: texts } = useTexts();
  const [learningRate, setLearningRate] = useState(0.7);
  const [batch, setBatch] = useState<'one' | 'all'>('one');
  const [step, setStep] = useState(24);
  const { result, error } = useLibrary('zigzagPaths', { learningRate, batch, steps: STEPS });
  return (
    <Section id="zigzag">
      <Prose texts={[texts.lead, texts.consequence]} />
      <Formulas lines={['∂C/∂w_{11}^{(2)} = δ_1^{(2)} h_1', '∂C/∂w_{12}^{(2)} = δ_1^{(2)} h_2', 'h_1, h_2 > 0']} />
      <div class="row-controls">
        <Slider
          label={texts.rate}
          value={learningRate}
          min={0.1}
          max={2}
          step={0.1}
          text={(v) => fixed(v, 1)}
          onChange={setLearningRate}
        />
        <Choice
          label={texts.batch}
          value={batch}
          options={[
            ['one', texts.one],
            ['all', texts.all],
          ]}
          onChange={setBatch}
        />
      </div>
      <Player steps={STEPS} value={step} onChange={setStep} speed={6} />
      <Waiting error={error} ready={result !== undefined} class="room square-room">
        {() => (
          <div class="cards pair">
            {KINDS.map((kind) => (
              <Side key={kind} kind={kind} path={result![kind]} step={step} />
            ))}
          </div>
        )}
      </Waiting>
      <p class="hint">{texts.note}</p>
    </Section>
  );
}
