/** Dead units: what a large step does to a ReLU network, and to one with a slope on the left. */
import { useState } from 'preact/hooks';
import { Slider } from '../../components/fields.js';
import { DEAD_UNITS, LIFE, type DeadUnitsName } from '../choices.js';
import type { LifeOfUnits } from '../compute/dead-units.js';
import { fill, useTexts } from '../language.js';
import { useLibrary } from '../library/use-library.js';
import { short } from '../parts/numbers.js';
import { Player } from '../parts/player.js';
import { Prose } from '../parts/rich.js';
import { Section, Waiting } from '../parts/section.js';

const { units: UNITS, layers: LAYERS, steps: STEPS } = LIFE;
const CELL = 24;

const total = (marks: Uint8Array): number => marks.reduce((sum, mark) => sum + mark, 0);

interface UnitsProps {
  readonly life: LifeOfUnits;
  readonly step: number;
  readonly label: string;
}

/** A circle for each unit: filled, hollow where it is silent, crossed out where it is dead. */
function Units({ life, step, label }: UnitsProps) {
  const columns = UNITS / 2;
  const height = LAYERS * 2 * CELL + 16 * (LAYERS - 1);
  return (
    <svg viewBox={`0 0 ${columns * CELL} ${height}`} role="img" aria-label={label} class="unit-grid">
      {Array.from(life.dead[step], (dead, i) => {
        const [layer, own] = [Math.floor(i / UNITS), i % UNITS];
        const x = CELL * ((own % columns) + 0.5);
        const y = CELL * (2 * layer + Math.floor(own / columns) + 0.5) + 16 * layer;
        const state = dead === 1 ? 'dead' : life.silent[step][i] === 1 ? 'silent' : 'alive';
        return (
          <g key={i} class={`life ${state}`}>
            <circle cx={x} cy={y} r={8} />
            {state === 'dead' && <path d={`M${x - 5},${y - 5}l10,10m0,-10l-10,10`} />}
          </g>
        );
      })}
    </svg>
  );
}

export function DeadUnits() {
  const { dead: texts } = useTexts();
  // Rates from 0.1 to 12.6 along powers.
  const [power, setPower] = useState(0.9);
  const [seed, setSeed] = useState(1);
  const [step, setStep] = useState(5);
  const learningRate = +(10 ** power).toPrecision(2);
  const { result, error } = useLibrary('livesOfUnits', { learningRate, seed });
  const name: Readonly<Record<DeadUnitsName, string>> = { relu: 'ReLU', leakyRelu: 'leaky ReLU' };
  return (
    <Section id="dead-units">
      <Prose texts={[texts.lead, texts.remedy]} />
      <div class="row-controls">
        <Slider
          label={texts.rate}
          value={power}
          min={-1}
          max={1.1}
          step={0.1}
          text={(value) => short(10 ** value, 2)}
          onChange={setPower}
        />
        <Slider label={texts.seed} value={seed} min={1} max={20} step={1} text={String} onChange={setSeed} />
      </div>
      <Player steps={STEPS} value={step} onChange={setStep} speed={8} />
      <Waiting error={error} ready={result !== undefined} class="room tall">
        {() => (
          <div class="cards pair">
            {DEAD_UNITS.map((one) => {
              const life = result![one];
              const [dead, silent] = [total(life.dead[step]), total(life.silent[step])];
              return (
                <article key={one} class="card">
                  <h3>{name[one]}</h3>
                  <p class="count" role="status">
                    <strong>{dead}</strong> {fill(texts.ofUnits, { all: LAYERS * UNITS })}
                  </p>
                  <Units
                    life={life}
                    step={step}
                    label={fill(texts.picture, {
                      name: name[one],
                      step,
                      dead,
                      silent,
                      all: LAYERS * UNITS,
                      loss: short(life.loss[step]),
                    })}
                  />
                  <p class="readout">
                    {fill(one === 'relu' ? texts.reluNote : texts.leakyNote, { silent })}
                    <br />
                    {fill(texts.loss, { loss: short(life.loss[step]), start: short(life.loss[0]) })}
                  </p>
                </article>
              );
            })}
          </div>
        )}
      </Waiting>
      <p class="hint">{texts.legend}</p>
    </Section>
  );
}
