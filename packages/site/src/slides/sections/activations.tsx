/** Activations with their derivatives, and where they saturate. */
import { useState } from 'preact/hooks';
import { Choice, Slider } from '../../components/fields.js';
import { CURVES, type CurveName } from '../choices.js';
import type { ActivationCurve } from '../compute/activations.js';
import { fill, useTexts } from '../language.js';
import { useLibrary } from '../library/use-library.js';
import { Curves, type Stretch } from '../parts/curves.js';
import { Formulas } from '../parts/formula.js';
import { fixed, short } from '../parts/numbers.js';
import { Prose, Rich } from '../parts/rich.js';
import { Scroll } from '../parts/scroll.js';
import { Section, Waiting } from '../parts/section.js';

const FROM = -6;
const TO = 6;
const POINTS = 241;
/** Below this share of the largest slope a unit counts as saturated: what `diagnose` counts. */
const SATURATED = 0.05;

/** Formulas of f and, where the slides have it, f′. */
const FORMULAS: Readonly<Record<CurveName, readonly string[]>> = {
  unitStep: ['unit(x) = 1, x > 0;  0, x ≤ 0'],
  tanh: ['tanh(x) = (e^x − e^{−x}) / (e^x + e^{−x})', 'tanh′(x) = 1 − tanh(x)^2'],
  sigmoid: ['sigmoid(x) = 1 / (1 + e^{−x})', 'sigmoid′(x) = sigmoid(x) (1 − sigmoid(x))'],
  relu: ['ReLU(x) = x, x > 0;  0, x ≤ 0'],
  prelu: ['prelu(x) = x, x > 0;  α x, x ≤ 0', 'α = 0.25'],
  maxout: ['max(w_1 x + b_1, …, w_n x + b_n)', 'max(−x − 1, 0.2 x, x − 1)'],
  elu: ['elu(x) = x, x > 0;  α (e^x − 1), x ≤ 0', 'α = 1'],
  selu: ['selu(x) = λ x, x > 0;  λ α (e^x − 1), x ≤ 0', 'α = 1.6732632423543773', 'λ = 1.0507009873554805'],
  swish: ['swish(x) = x sigmoid(x)'],
  linear: ['f(x) = x'],
  leakyRelu: ['f(x) = x, x > 0;  0.01 x, x ≤ 0'],
  celu: ['f(x) = x, x > 0;  α (e^{x/α} − 1), x ≤ 0', 'α = 1'],
  gelu: ['f(x) = x Φ(x)'],
  tanhGelu: ['f(x) = ½ x (1 + tanh(√(2/π) (x + 0.044715 x^3)))'],
  mish: ['f(x) = x tanh(ln(1 + e^x))'],
  softplus: ['f(x) = ln(1 + e^x)', 'f′(x) = sigmoid(x)'],
  softsign: ['f(x) = x / (1 + |x|)'],
  hardSigmoid: ['f(x) = max(0, min(1, x/6 + ½))'],
  hardSwish: ['f(x) = x max(0, min(1, x/6 + ½))'],
  relu6: ['f(x) = min(max(x, 0), 6)'],
  exponential: ['f(x) = e^x'],
  softmax: ['y_1 = e^x / (e^x + e^0)'],
  logSoftmax: ['y_1 = x − ln(e^x + e^0)'],
};

/** Stretches in which the slope is 0, or small. */
export function saturation({ x, slope }: ActivationCurve): Stretch[] {
  const most = slope.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const kinds = Array.from(slope, (value) =>
    value === 0 ? 'hard' : Math.abs(value) < SATURATED * most ? 'soft' : undefined,
  );
  const stretches: Stretch[] = [];
  let start = 0;
  for (let i = 1; i <= kinds.length; i++) {
    if (kinds[i] === kinds[start]) continue;
    const kind = kinds[start];
    if (kind !== undefined) stretches.push({ from: x[start], to: x[i - 1], kind });
    start = i;
  }
  return stretches;
}

/** The vertical range: all that is drawn, but of what grows beyond it only the start. */
function rangeOf({ y, slope }: ActivationCurve): [number, number] {
  const all = [...y, ...slope];
  const [low, high] = [Math.max(-3, Math.min(...all)), Math.min(4, Math.max(...all))];
  return [low - 0.08 * (high - low), high + 0.08 * (high - low)];
}

/** What the slides say of their four activations, as texts. */
const SUMMARY = ['unitStep', 'sigmoid', 'tanh', 'relu'] as const;

export function Activations() {
  const { activations: texts } = useTexts();
  const [name, setName] = useState<CurveName>('sigmoid');
  const [at, setAt] = useState(1);
  const { result, error } = useLibrary('activationCurve', { name, from: FROM, to: TO, points: POINTS });
  const index = Math.round(((at - FROM) / (TO - FROM)) * (POINTS - 1));
  const stretches = result ? saturation(result) : [];
  const kindAt = stretches.find(({ from, to }) => at >= from && at <= to)?.kind;
  return (
    <Section id="activations">
      <Prose texts={[texts.lead, texts.saturation]} />
      <div class="demo picture-right">
        <div class="controls">
          <Choice
            label={texts.activation}
            value={name}
            options={CURVES.map((one) => [one, one] as const)}
            onChange={setName}
          />
          <Slider label="x" value={at} min={FROM} max={TO} step={0.05} text={fixed} onChange={setAt} />
          <Formulas lines={FORMULAS[name]} />
          {(name === 'softmax' || name === 'logSoftmax') && <p class="hint">{texts.ofRow}</p>}
        </div>
        <Waiting error={error} ready={result !== undefined} class="room tall">
          {() => (
            <div class="wide">
              <Curves
                label={fill(texts.picture, {
                  name,
                  x: fixed(at),
                  y: short(result!.y[index]),
                  slope: short(result!.slope[index]),
                })}
                x={[FROM, TO]}
                y={rangeOf(result!)}
                curves={[
                  { name: texts.value, x: result!.x, y: result!.y, style: 1 },
                  { name: texts.slope, x: result!.x, y: result!.slope, style: 0 },
                ]}
                stretches={stretches}
                at={at}
                xName="x"
                height={260}
              />
              <p class="readout">
                <Rich
                  text={`\`f(${fixed(at)})\` = ${short(result!.y[index], 6)},  \`f′(${fixed(at)})\` = ${short(result!.slope[index], 6)}`}
                />
                {kindAt !== undefined && <strong> {texts[kindAt]}</strong>}
              </p>
              <p class="hint legend">
                <span class="swatch soft" /> {texts.soft} <span class="swatch hard" /> {texts.hard}
              </p>
            </div>
          )}
        </Waiting>
      </div>
      <Scroll label={texts.summary}>
        <table class="numbers words">
          <caption>{texts.summary}</caption>
          <thead>
            <tr>
              {(['activation', 'border', 'saturates', 'range', 'faults'] as const).map((key) => (
                <th key={key} scope="col">
                  {texts[key]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {SUMMARY.map((one) => (
              <tr key={one}>
                <th scope="row">{one}</th>
                <td>{texts[`${one}Border`]}</td>
                <td>{texts[`${one}Saturates`]}</td>
                <td>{{ unitStep: '0, 1', sigmoid: '(0, 1)', tanh: '(−1, 1)', relu: '[0, ∞)' }[one]}</td>
                <td>{texts[`${one}Faults`]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Section>
  );
}
