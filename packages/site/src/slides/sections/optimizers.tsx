/** Optimizers racing on the cost of a model with two weights. The library makes every step. */
import { useMemo, useState } from 'preact/hooks';
import { colourOfValue } from '../../components/colours.js';
import { Choice, Slider } from '../../components/fields.js';
import { usePalette } from '../../components/theme.js';
import { RACERS, type RacerName } from '../choices.js';
import { banded, costField, RACES, type RaceName } from '../exact/surfaces.js';
import { fill, useTexts } from '../language.js';
import { useLibrary } from '../library/use-library.js';
import { Mark } from '../parts/curves.js';
import { Formulas } from '../parts/formula.js';
import { fixed, short } from '../parts/numbers.js';
import { Plane, WeightPath } from '../parts/plane.js';
import { Player } from '../parts/player.js';
import { Prose } from '../parts/rich.js';
import { Scroll } from '../parts/scroll.js';
import { Section, Waiting } from '../parts/section.js';

const STEPS = 120;
const CELLS = 120;
const NAMES = Object.keys(RACERS) as readonly RacerName[];

/** Colour, dashes and mark of each: those of the first four, which are drawn at first, differ most. */
const STYLES: Readonly<Record<RacerName, number>> = {
  sgd: 0,
  momentum: 1,
  adam: 2,
  rmsprop: 3,
  adagrad: 4,
  adadelta: 5,
  adamax: 6,
  nesterov: 7,
  adamw: 8,
  nadam: 9,
  lion: 10,
  lbfgs: 11,
};

/** Rules of the library's optimizers, as in docs/derivations.md. */
const RULES: Readonly<Record<RacerName, string>> = {
  sgd: 'w ← w − η g',
  momentum: 'v ← μ v + g,  w ← w − η v,  μ = 0.9',
  nesterov: 'v ← μ v + g,  w ← w − η (g + μ v),  μ = 0.9',
  adagrad: 's ← s + g^2,  w ← w − η g / (√s + ε)',
  rmsprop: 's ← ρ s + (1 − ρ) g^2,  w ← w − η g / (√s + ε)',
  adadelta: 's ← ρ s + (1 − ρ) g^2,  d = √(u + ε) / √(s + ε) g,  u ← ρ u + (1 − ρ) d^2,  w ← w − η d',
  adam: 'm ← β_1 m + (1 − β_1) g,  v ← β_2 v + (1 − β_2) g^2,  w ← w − η m̂ / (√v̂ + ε)',
  adamw: 'w ← (1 − η ω) w − η m̂ / (√v̂ + ε)',
  adamax: 'u ← max(β_2 u, |g| + ε),  w ← w − η / (1 − β_1^t) m / u',
  nadam: 'w ← w − η (μ_{t+1} m / (1 − P_{t+1}) + (1 − μ_t) g / (1 − P_t)) / (√v̂ + ε)',
  lion: 'w ← w − η sign(β_1 m + (1 − β_1) g),  m ← β_2 m + (1 − β_2) g',
  lbfgs: 'w ← w − t H g,  H ≈ (∇^2 C)^{−1}',
};

export function Optimizers() {
  const { optimizers: texts } = useTexts();
  const colours = usePalette();
  const [surface, setSurface] = useState<RaceName>('valley');
  const [factor, setFactor] = useState(1);
  const [step, setStep] = useState(60);
  const [shown, setShown] = useState<ReadonlySet<RacerName>>(
    new Set<RacerName>(['sgd', 'momentum', 'rmsprop', 'adam']),
  );
  const field = useMemo(() => banded(costField(RACES[surface], CELLS), 16), [surface]);
  const { result, error } = useLibrary('race', { surface, racers: NAMES, factor, steps: STEPS });
  const toggle = (name: RacerName): void => {
    const next = new Set(shown);
    if (!next.delete(name)) next.add(name);
    setShown(next);
  };
  const titleOf = (name: RacerName): string => texts[name === 'momentum' ? 'momentumName' : name];
  const list = NAMES.filter((name) => shown.has(name));
  /** A racer that has arrived stays. */
  const costOf = (name: RacerName): number => {
    const { cost } = result![name]!;
    return cost[Math.min(step, cost.length - 1)];
  };
  return (
    <Section id="optimizers">
      <Prose texts={[texts.lead, texts.momentum]} />
      <div class="row-controls">
        <Choice
          label={texts.surface}
          value={surface}
          options={(Object.keys(RACES) as RaceName[]).map((name) => [name, texts[name]] as const)}
          onChange={setSurface}
        />
        <Slider
          label={texts.factor}
          value={Math.log2(factor)}
          min={-3}
          max={3}
          step={0.5}
          text={(value) => `× ${short(2 ** value)}`}
          onChange={(value) => setFactor(2 ** value)}
        />
      </div>
      <Player steps={STEPS} value={step} onChange={setStep} speed={20} />
      <div class="demo race">
        <Waiting error={error} ready={result !== undefined} class="room square-room">
          {() => (
            <Plane
              x={RACES[surface].range.x}
              y={RACES[surface].range.y}
              xName="w₁"
              yName="w₂"
              size={CELLS}
              field={field}
              colourOf={(value) => colourOfValue(colours, 0.5 * (1 - value))}
              label={fill(texts.picture, {
                surface: texts[surface],
                step,
                costs: list.map((name) => `${titleOf(name)} ${short(costOf(name), 2)}`).join(', '),
              })}
            >
              {(scale) =>
                list.map((name) => (
                  <WeightPath
                    key={name}
                    scale={scale}
                    w1={result![name]!.w1}
                    w2={result![name]!.w2}
                    steps={step}
                    style={STYLES[name]}
                  />
                ))
              }
            </Plane>
          )}
        </Waiting>
        <Scroll label={fill(texts.table, { step })} class="wide">
          <table class="numbers racers">
            <caption>{fill(texts.table, { step })}</caption>
            <thead>
              <tr>
                <th scope="col">{texts.optimizer}</th>
                <th scope="col">η</th>
                <th scope="col">{texts.cost}</th>
                <th scope="col">{texts.until}</th>
              </tr>
            </thead>
            <tbody>
              {NAMES.map((name) => {
                const cost = result?.[name]?.cost;
                const arrived = cost?.findIndex((value) => value < 0.01) ?? -1;
                const rate = RACERS[name];
                return (
                  <tr key={name}>
                    <th scope="row">
                      <label class="check">
                        <input type="checkbox" checked={shown.has(name)} onChange={() => toggle(name)} />
                        <svg viewBox="-2 0 40 12" aria-hidden="true" class="sample">
                          <line x1={0} y1={6} x2={36} y2={6} class={`series s${STYLES[name]}`} />
                          <Mark x={18} y={6} style={STYLES[name]} size={4.5} />
                        </svg>
                        {titleOf(name)}
                      </label>
                    </th>
                    <td>{rate === undefined ? '–' : short(rate * factor, 2)}</td>
                    <td>{cost ? short(costOf(name), 2) : '…'}</td>
                    <td>{arrived < 0 ? '–' : arrived}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Scroll>
        <div class="outcome">
          <h3>{texts.rules}</h3>
          <Formulas lines={list.map((name) => RULES[name])} names={list.map(titleOf)} />
          <p class="hint">{texts.source}</p>
          <p class="hint">
            {fill(texts.start, { w1: fixed(RACES[surface].start[0], 1), w2: fixed(RACES[surface].start[1], 1) })}
          </p>
        </div>
      </div>
    </Section>
  );
}
