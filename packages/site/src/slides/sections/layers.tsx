/** The definition of hidden layers: which weights a unit has, and the shape of their matrix. */
import { useState } from 'preact/hooks';
import { Choice, Slider } from '../../components/fields.js';
import { fill, useTexts } from '../language.js';
import { Formulas } from '../parts/formula.js';
import { Network } from '../parts/network.js';
import { Prose } from '../parts/rich.js';
import { Section } from '../parts/section.js';

/** One layer's units by name: inputs, hidden units, outputs. */
const namesOf = (counts: readonly number[]): string[][] =>
  counts.map((count, l) => Array.from({ length: count }, (_, i) => `${'xhy'[l]}_${i + 1}`));

/** The sum of a unit, with the middle left out where it is long. */
function sumOf(l: number, unit: number, inputs: readonly string[]): string {
  const terms = inputs.map((name, j) => `w_{${unit}${j + 1}}^{(${l})} ${name}`);
  return `f(${terms.join(' + ')} + b_${unit}^{(${l})})`;
}

export function Layers() {
  const { layers: texts } = useTexts();
  const [counts, setCounts] = useState<readonly number[]>([2, 3, 2]);
  const [chosen, setChosen] = useState('1 0');
  const [l, wanted] = chosen.split(' ').map(Number);
  const i = Math.min(wanted, counts[l] - 1);
  const names = namesOf(counts);
  const change = (layer: number) => (count: number) => setCounts(counts.map((old, k) => (k === layer ? count : old)));
  const plain = (name: string): string => name.replace('_', '');
  const options = names
    .slice(1)
    .flatMap((units, k) => units.map((name, unit) => [`${k + 1} ${unit}`, plain(name)] as const));
  const learned = counts[1] * (counts[0] + 1) + counts[2] * (counts[1] + 1);
  return (
    <Section id="layers">
      <Prose texts={[texts.lead, texts.shapes]} />
      <div class="demo">
        <div class="controls">
          <Slider label={texts.inputs} value={counts[0]} min={1} max={4} step={1} text={String} onChange={change(0)} />
          <Slider label={texts.units} value={counts[1]} min={1} max={5} step={1} text={String} onChange={change(1)} />
          <Slider label={texts.outputs} value={counts[2]} min={1} max={3} step={1} text={String} onChange={change(2)} />
          <Choice label={texts.unit} value={`${l} ${i}`} options={options} onChange={setChosen} />
        </div>
        <div class="wide">
          <Network
            layers={names}
            label={fill(texts.picture, {
              inputs: counts[0],
              units: counts[1],
              outputs: counts[2],
              unit: plain(names[l][i]),
            })}
            strong={(layer, unit) => layer + 1 === l && unit === i}
            strongUnit={(layer, unit) => layer === l && unit === i}
            onChoose={(layer, unit) => layer > 0 && setChosen(`${layer} ${unit}`)}
          />
        </div>
        <div class="outcome" aria-live="polite">
          <Formulas
            lines={[
              `${names[l][i]} = ${sumOf(l, i + 1, names[l - 1])}`,
              `W^{(${l})} ∈ ℝ^{${counts[l]} × ${counts[l - 1]}}`,
              'y^{(l)} = f(W^{(l)} y^{(l−1)} + b^{(l)})',
            ]}
          />
          <p class="hint">{fill(texts.count, { weights: counts[1] * counts[0] + counts[2] * counts[1], learned })}</p>
        </div>
      </div>
    </Section>
  );
}
