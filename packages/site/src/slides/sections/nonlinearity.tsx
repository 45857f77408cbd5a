/** What an activation brings: the slides' network for XOR with a step, a sigmoid, none. */
import { useState } from 'preact/hooks';
import { colourOfValue } from '../../components/colours.js';
import { Choice, Slider } from '../../components/fields.js';
import { usePalette } from '../../components/theme.js';
import { NONLINEARITIES } from '../choices.js';
import type { NonlinearityInput } from '../compute/nonlinearity.js';
import { XOR } from '../exact/step-networks.js';
import { fill, useTexts } from '../language.js';
import { useLibrary } from '../library/use-library.js';
import { fixed, short } from '../parts/numbers.js';
import { Plane } from '../parts/plane.js';
import { Prose } from '../parts/rich.js';
import { Section, Waiting } from '../parts/section.js';
import { XorPoints } from '../parts/xor-points.js';

const CELLS = 80;
const RANGE = [-0.5, 1.5] as const;

export function Nonlinearity() {
  const { nonlinearity: texts } = useTexts();
  const colours = usePalette();
  const [activation, setActivation] = useState<NonlinearityInput['activation']>('sigmoid');
  const [steepness, setSteepness] = useState(2);
  const { result, error } = useLibrary('nonlinearField', { activation, steepness, size: CELLS });
  const low = result?.field.reduce((least, value) => Math.min(least, value), Infinity) ?? 0;
  const high = result?.field.reduce((most, value) => Math.max(most, value), -Infinity) ?? 1;
  const middle = (low + high) / 2;
  const answers = result?.answers ?? [];
  return (
    <Section id="nonlinearity">
      <Prose texts={[texts.lead, texts.affine]} />
      <div class="demo two">
        <div class="controls">
          <Choice
            label={texts.activation}
            value={activation}
            options={NONLINEARITIES.map((name) => [name, `${name}: ${texts[name]}`] as const)}
            onChange={setActivation}
          />
          <Slider
            label={texts.steepness}
            value={steepness}
            min={0.25}
            max={10}
            step={0.25}
            text={fixed}
            onChange={setSteepness}
          />
          <p class="hint">{texts[`${activation}Note`]}</p>
          {answers.length > 0 && (
            <table class="numbers">
              <caption class="visually-hidden">{texts.table}</caption>
              <thead>
                <tr>
                  <th scope="col">(x₁, x₂)</th>
                  <th scope="col">{texts.output}</th>
                  <th scope="col">XOR</th>
                </tr>
              </thead>
              <tbody>
                {XOR.map(({ at, target }, i) => (
                  <tr key={i}>
                    <th scope="row">({at.join(', ')})</th>
                    <td>{short(answers[i])}</td>
                    <td>{target}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
        <Waiting error={error} ready={result !== undefined} class="room square-room">
          {() => (
            <Plane
              x={RANGE}
              y={RANGE}
              xName="x₁"
              yName="x₂"
              size={CELLS}
              field={result!.field}
              colourOf={(value) => colourOfValue(colours, high > low ? (0.7 * 2 * (value - middle)) / (high - low) : 0)}
              label={fill(texts.picture, {
                name: activation,
                low: short(low),
                high: short(high),
                answers: XOR.map(({ at }, i) => `(${at.join(', ')}): ${short(answers[i])}`).join(', '),
              })}
            >
              {(scale) => <XorPoints scale={scale} />}
            </Plane>
          )}
        </Waiting>
      </div>
    </Section>
  );
}
