/** The vanishing gradient: the size of δ in each layer, sigmoid beside ReLU and tanh. */
import { useState } from 'preact/hooks';
import { Choice, Slider } from '../../components/fields.js';
import { VANISHING, VANISHING_INITIALIZERS, type VanishingName } from '../choices.js';
import { fill, useTexts } from '../language.js';
import { useLibrary } from '../library/use-library.js';
import { Formulas } from '../parts/formula.js';
import { powerOfTen, short } from '../parts/numbers.js';
import { Prose } from '../parts/rich.js';
import { Section, Waiting } from '../parts/section.js';

const WIDTH = 400;
const HEIGHT = 250;
const LEFT = 44;
const BOTTOM = 34;

interface BarsProps {
  readonly values: readonly number[];
  /** Powers of ten between which the axis runs. */
  readonly range: readonly [number, number];
  readonly style: number;
  readonly label: string;
  readonly axis: string;
}

/** Bars on an axis of powers of ten, a bar for each layer. A 0 has none. */
function Bars({ values, range: [low, high], style, label, axis }: BarsProps) {
  const y = (power: number): number => 8 + ((HEIGHT - BOTTOM - 8) * (high - power)) / (high - low);
  const width = (WIDTH - LEFT - 8) / values.length;
  const every = Math.ceil((high - low) / 7);
  const powers = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => high - i * every);
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} class="bars">
      {powers.map((power) => (
        <g key={power}>
          <line x1={LEFT} x2={WIDTH - 8} y1={y(power)} y2={y(power)} class="grid" />
          <text x={LEFT - 5} y={y(power) + 4} text-anchor="end">
            {powerOfTen(power)}
          </text>
        </g>
      ))}
      {values.map((value, i) => {
        const top = value > 0 ? y(Math.max(low, Math.log10(value))) : HEIGHT - BOTTOM;
        const left = LEFT + i * width;
        return (
          <g key={i}>
            <rect
              x={left + width * 0.12}
              y={top}
              width={width * 0.76}
              height={HEIGHT - BOTTOM - top}
              class={`bar s${style}`}
            />
            {(values.length <= 12 || i === 0 || (i + 1) % 5 === 0) && (
              <text x={left + width / 2} y={HEIGHT - BOTTOM + 14} text-anchor="middle">
                {i + 1}
              </text>
            )}
          </g>
        );
      })}
      <line x1={LEFT} x2={WIDTH - 8} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} class="axis" />
      <text x={WIDTH - 8} y={HEIGHT - 4} text-anchor="end">
        {axis}
      </text>
    </svg>
  );
}

const STYLES: Readonly<Record<VanishingName, number>> = { sigmoid: 0, relu: 1, tanh: 2 };

export function Vanishing() {
  const { vanishing: texts } = useTexts();
  const [depth, setDepth] = useState(12);
  const [initializer, setInitializer] = useState<(typeof VANISHING_INITIALIZERS)[number]>('lecunNormal');
  const [seed, setSeed] = useState(1);
  const { result, error } = useLibrary('vanishingGradients', { depth, initializer, seed });
  const all = result ? VANISHING.flatMap((name) => result[name]).filter((value) => value > 0) : [1];
  const range = [Math.floor(Math.log10(Math.min(...all))), Math.ceil(Math.log10(Math.max(...all)))] as const;
  const bound = 0.25 ** (depth - 1);
  return (
    <Section id="vanishing">
      <Prose texts={[texts.lead, texts.product]} />
      <Formulas
        lines={[
          'δ^{(l)} = ((W^{(l+1)})^T δ^{(l+1)}) ⊙ σ′(logit^{(l)})',
          'sigmoid′(x) = sigmoid(x) (1 − sigmoid(x)) ≤ ¼',
        ]}
      />
      <div class="row-controls">
        <Slider label={texts.depth} value={depth} min={2} max={30} step={1} text={String} onChange={setDepth} />
        <Choice
          label={texts.initializer}
          value={initializer}
          options={VANISHING_INITIALIZERS.map((name) => [name, texts[name]] as const)}
          onChange={setInitializer}
        />
        <Slider label={texts.seed} value={seed} min={1} max={20} step={1} text={String} onChange={setSeed} />
      </div>
      <Waiting error={error} ready={result !== undefined} class="room tall">
        {() => (
          <div class="cards">
            {VANISHING.map((name) => {
              const values = result![name];
              const [first, last] = [values[0], values.at(-1)!];
              return (
                <article key={name} class="card">
                  <h3>{name === 'relu' ? 'ReLU' : name}</h3>
                  <Bars
                    values={values}
                    range={range}
                    style={STYLES[name]}
                    axis={texts.axis}
                    label={fill(texts.picture, {
                      name,
                      layers: values.length,
                      values: values.map((value) => short(value, 2)).join(', '),
                    })}
                  />
                  <p class="readout">
                    {fill(texts.ratio, { ratio: short(first / last, 2), first: short(first, 2), last: short(last, 2) })}
                  </p>
                </article>
              );
            })}
          </div>
        )}
      </Waiting>
      <p class="hint">{fill(texts.bound, { bound: short(bound, 2), factors: depth - 1 })}</p>
    </Section>
  );
}
