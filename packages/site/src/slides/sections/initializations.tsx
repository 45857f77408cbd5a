/** First weights: what becomes of the activations through thirty layers, as histograms one behind the other. */
import { useState } from 'preact/hooks';
import { Choice, Slider } from '../../components/fields.js';
import { HISTOGRAMS, INITIALIZATIONS, type InitializationName } from '../choices.js';
import type { LayerHistogram } from '../compute/initializations.js';
import { fill, useTexts } from '../language.js';
import { useLibrary } from '../library/use-library.js';
import { Formula } from '../parts/formula.js';
import { percent, short } from '../parts/numbers.js';
import { Prose } from '../parts/rich.js';
import { Section, Waiting } from '../parts/section.js';

const WIDTH = 300;
const APART = 8;
const HIGH = 46;
const LEFT = 26;
const HEIGHT = HISTOGRAMS.depth * APART + HIGH + 24;

const FORMULAS: Readonly<Record<InitializationName, string>> = {
  zeros: 'W_{ij} = 0',
  constant: 'W_{ij} = 0.1',
  small: 'W ~ N(0, 0.02^2)',
  large: 'W ~ N(0, 0.3^2)',
  xavier: 'W ~ N(0, 1/n_{in})',
  msra: 'W ~ N(0, 2/n_{in})',
};

interface RidgesProps {
  readonly layers: readonly LayerHistogram[];
  readonly chosen: number;
  readonly range: number;
  readonly label: string;
}

/** A curve for each layer, the first at the back. Heights are roots of shares: a peak leaves the rest visible. */
function Ridges({ layers, chosen, range, label }: RidgesProps) {
  const width = WIDTH - LEFT - 6;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} class="ridges">
      {layers.map(({ shares }, l) => {
        const base = HIGH + 4 + APART * l;
        const points = shares.map(
          (share, i) =>
            `${(LEFT + (width * (i + 0.5)) / shares.length).toFixed(1)},${(base - HIGH * Math.sqrt(share)).toFixed(1)}`,
        );
        return (
          <g key={l}>
            <path
              d={`M${LEFT},${base}L${points.join('L')}L${LEFT + width},${base}`}
              class={l === chosen ? 'ridge chosen' : 'ridge'}
            />
            {(l === 0 || (l + 1) % 5 === 0) && (
              <text x={LEFT - 5} y={base + 3} text-anchor="end">
                {l + 1}
              </text>
            )}
          </g>
        );
      })}
      {[-range, 0, range].map((value, i) => (
        <text
          key={value}
          x={LEFT + (width * i) / 2}
          y={HEIGHT - 5}
          text-anchor={(['start', 'middle', 'end'] as const)[i]}
        >
          {short(value)}
        </text>
      ))}
    </svg>
  );
}

export function InitializationSection() {
  const { initializations: texts } = useTexts();
  const [activation, setActivation] = useState<keyof typeof HISTOGRAMS.range>('tanh');
  const [layer, setLayer] = useState<number>(HISTOGRAMS.depth);
  const [seed, setSeed] = useState(1);
  const { result, error } = useLibrary('initializations', { activation, seed });
  return (
    <Section id="initializations">
      <Prose texts={[texts.lead, texts.variance]} />
      <div class="row-controls">
        <Choice
          label={texts.activation}
          value={activation}
          options={(['tanh', 'relu', 'sigmoid'] as const).map((name) => [name, name] as const)}
          onChange={setActivation}
        />
        <Slider
          label={texts.layer}
          value={layer}
          min={1}
          max={HISTOGRAMS.depth}
          step={1}
          text={String}
          onChange={setLayer}
        />
        <Slider label={texts.seed} value={seed} min={1} max={20} step={1} text={String} onChange={setSeed} />
      </div>
      <Waiting error={error} ready={result !== undefined} class="room tall">
        {() => (
          <div class="cards six">
            {INITIALIZATIONS.map((name) => {
              const layers = result![name];
              const { mean, deviation, zero } = layers[layer - 1];
              return (
                <article key={name} class="card" data-initialization={name}>
                  <h3>{texts[name]}</h3>
                  <p class="kind">
                    <Formula text={FORMULAS[name]} />
                  </p>
                  <Ridges
                    layers={layers}
                    chosen={layer - 1}
                    range={HISTOGRAMS.range[activation]}
                    label={fill(texts.picture, {
                      name: texts[name],
                      activation,
                      first: short(layers[0].deviation),
                      tenth: short(layers[9].deviation),
                      last: short(layers[HISTOGRAMS.depth - 1].deviation),
                    })}
                  />
                  <p class="readout">
                    {fill(texts.numbers, {
                      layer,
                      mean: short(mean, 2),
                      deviation: short(deviation, 2),
                      zero: percent(zero),
                    })}
                  </p>
                  <p class="hint">{texts[`${name}Note`]}</p>
                </article>
              );
            })}
          </div>
        )}
      </Waiting>
      <p class="hint">{texts.axes}</p>
    </Section>
  );
}
