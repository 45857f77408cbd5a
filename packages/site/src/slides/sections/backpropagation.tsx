/**
 * Backpropagation: its four equations, and the slides' worked example step by step. Each printed number stands beside
 * the same number computed here, in float64 by the formulas and in float32 by the library.
 */
import { useMemo, useState } from 'preact/hooks';
import { Choice, NumberField } from '../../components/fields.js';
import { EXAMPLE_STEPS, digitsOf, withDigitsOf, type ExampleStep } from '../exact/printed.js';
import { backpropagate, SLIDES_EXAMPLE, type Example, type Passes } from '../exact/worked-example.js';
import { fill, useTexts } from '../language.js';
import { useLibrary } from '../library/use-library.js';
import { Formula, Formulas } from '../parts/formula.js';
import { Network } from '../parts/network.js';
import { fixed } from '../parts/numbers.js';
import { Prose } from '../parts/rich.js';
import { Scroll } from '../parts/scroll.js';
import { Erratum, Section } from '../parts/section.js';

const EQUATIONS = {
  element: [
    'δ_i^{(L)} = ∇_y C · σ′(logit_i^{(L)})   [BP1]',
    'δ_i^{(l)} = Σ_j δ_j^{(l+1)} w_{ji}^{(l+1)} σ′(logit_i^{(l)})   [BP2]',
    '∂C/∂b_i^{(l)} = δ_i^{(l)}   [BP3]',
    '∂C/∂w_{ij}^{(l)} = h_j^{(l−1)} δ_i^{(l)}   [BP4]',
  ],
  matrix: [
    'δ^{(L)} = ∇_y C ⊙ σ′(logit^{(L)})   [BP1]',
    'δ^{(l)} = ((W^{(l+1)})^T δ^{(l+1)}) ⊙ σ′(logit^{(l)})   [BP2]',
    '∂C/∂b^{(l)} = δ^{(l)}   [BP3]',
    '∂C/∂W^{(l)} = δ^{(l)} (h^{(l−1)})^T   [BP4]',
  ],
} as const;

/** How the slides derive them, for the worked example's network: C = ½ (t − y)², y = σ(logit). */
const DERIVATION = {
  out: [
    '∂C/∂w_{11}^{(2)} = ∂C/∂y_1 · ∂y_1/∂logit_1^{(2)} · ∂logit_1^{(2)}/∂w_{11}^{(2)}',
    '= ∂(½ (t_1 − y_1)^2)/∂y_1 · σ′(logit_1^{(2)}) · ∂(w_{11}^{(2)} h_1 + w_{12}^{(2)} h_2 + b_1^{(2)})/∂w_{11}^{(2)}',
    '= (y_1 − t_1) · y_1 (1 − y_1) · h_1 = δ_1^{(2)} h_1',
  ],
  back: [
    'δ_i^{(l)} = ∂C/∂logit_i^{(l)} = Σ_j ∂C/∂logit_j^{(l+1)} · ∂logit_j^{(l+1)}/∂logit_i^{(l)}',
    '= Σ_j δ_j^{(l+1)} · ∂(w_{ji}^{(l+1)} σ(logit_i^{(l)}))/∂logit_i^{(l)} = Σ_j δ_j^{(l+1)} w_{ji}^{(l+1)} σ′(logit_i^{(l)})',
  ],
  bias: ['∂C/∂b_i^{(l)} = δ_i^{(l)} · ∂logit_i^{(l)}/∂b_i^{(l)} = δ_i^{(l)}'],
} as const;

const LAYERS = [
  ['x_1', 'x_2'],
  ['h_1', 'h_2'],
  ['y_1', 'y_2'],
] as const;

/** Which layer's units and connections a step is about: 0 for the inputs, 1 for the hidden ones, 2 for the outputs. */
const FOCUS: Readonly<Record<ExampleStep['id'], { readonly unit: 1 | 2; readonly links: 0 | 1 }>> = {
  hidden: { unit: 1, links: 0 },
  outputs: { unit: 2, links: 1 },
  bp1: { unit: 2, links: 1 },
  bp4out: { unit: 2, links: 1 },
  updateOut: { unit: 2, links: 1 },
  bp2: { unit: 1, links: 1 },
  bp4hidden: { unit: 1, links: 0 },
  updateHidden: { unit: 1, links: 0 },
};

/** What stands below the units in a step: outputs on the way forward, deltas on the way back. */
function valueBelow(step: number, passes: Passes, { x }: Example, l: number, i: number): string | undefined {
  if (l === 0) return fixed(x[i], 2);
  const order = EXAMPLE_STEPS.findIndex(({ id }) => id === (l === 1 ? 'bp2' : 'bp1'));
  if (step >= order) return `δ ${fixed(passes[l === 1 ? 'delta1' : 'delta2'][i], 5)}`;
  const known = EXAMPLE_STEPS.findIndex(({ id }) => id === (l === 1 ? 'hidden' : 'outputs'));
  return step >= known ? fixed(passes[l === 1 ? 'h' : 'y'][i], 5) : undefined;
}

export function Backpropagation() {
  const { backpropagation: texts, common } = useTexts();
  const [form, setForm] = useState<keyof typeof EQUATIONS>('matrix');
  const [example, setExample] = useState(SLIDES_EXAMPLE);
  const [step, setStep] = useState(0);
  const passes = useMemo(() => backpropagate(example), [example]);
  const { result: library, error } = useLibrary('exampleOfLibrary', example);
  const isSlides = example === SLIDES_EXAMPLE;
  const { id, formulas, printed } = EXAMPLE_STEPS[step];
  const focus = FOCUS[id];
  const weightsNow = (l: number): readonly number[] => {
    const updated = EXAMPLE_STEPS.findIndex((one) => one.id === (l === 0 ? 'updateHidden' : 'updateOut'));
    if (step >= updated) return l === 0 ? passes.newW1 : passes.newW2;
    return l === 0 ? example.W1 : example.W2;
  };
  const set = (key: 'x' | 't', index: number) => (value: number) =>
    setExample({ ...example, [key]: example[key].map((old, i) => (i === index ? value : old)) });
  return (
    <Section id="backpropagation">
      <Prose texts={[texts.lead, texts.equations]} />
      <div class="demo two">
        <div class="controls">
          <Choice
            label={texts.form}
            value={form}
            options={[
              ['matrix', texts.matrix],
              ['element', texts.element],
            ]}
            onChange={setForm}
          />
        </div>
        <div class="outcome">
          <Formulas lines={EQUATIONS[form]} />
        </div>
      </div>
      <details>
        <summary>{texts.derivation}</summary>
        <Prose texts={[texts.derivationOut]} />
        <Formulas lines={DERIVATION.out} />
        <Prose texts={[texts.derivationBack]} />
        <Formulas lines={DERIVATION.back} />
        <Prose texts={[texts.derivationBias]} />
        <Formulas lines={DERIVATION.bias} />
      </details>
      <h3>{texts.example}</h3>
      <Prose texts={[texts.exampleLead]} />
      <div class="stepper-bar" role="group" aria-label={texts.steps}>
        <button type="button" disabled={step === 0} onClick={() => setStep(step - 1)}>
          {common.back}
        </button>
        <button
          type="button"
          class="primary"
          disabled={step === EXAMPLE_STEPS.length - 1}
          onClick={() => setStep(step + 1)}
        >
          {common.forward}
        </button>
        <p aria-live="polite">
          <strong>{fill(common.ofSteps, { step: step + 1, steps: EXAMPLE_STEPS.length })}</strong> {texts[id]}
        </p>
      </div>
      <div class="demo example">
        <div class="wide">
          <Network
            layers={LAYERS}
            label={fill(texts.picture, {
              step: texts[id],
              x: example.x.join(', '),
              h: passes.h.map((value) => fixed(value, 5)).join(', '),
              y: passes.y.map((value) => fixed(value, 5)).join(', '),
            })}
            strongUnit={(l) => l === focus.unit}
            strong={(l) => l === focus.links}
            below={(l, i) => valueBelow(step, passes, example, l, i)}
            weight={(l, i, j) => fixed(weightsNow(l)[2 * i + j], 4)}
          />
          <Formulas lines={formulas} />
        </div>
        <div class="outcome">
          <Scroll label={texts.table}>
            <table class="numbers digits">
              <caption class="visually-hidden">{texts.table}</caption>
              <thead>
                <tr>
                  <th scope="col">{texts.quantity}</th>
                  <th scope="col">{texts.slide}</th>
                  <th scope="col">{texts.exact}</th>
                  <th scope="col">{texts.library}</th>
                  <th scope="col">
                    <span class="visually-hidden">{texts.agrees}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {printed.map(({ symbol, quantity, at, text, right }, row) => {
                  const value = passes[quantity][at];
                  const digits = digitsOf(value, text);
                  return (
                    <tr key={row} class={isSlides && right !== undefined ? 'wrong-row' : undefined}>
                      <th scope="row">
                        <Formula text={symbol} />
                      </th>
                      <td class={isSlides ? undefined : 'faded'}>{text.replace('-', '−')}</td>
                      <td>{withDigitsOf(value, text).replace('-', '−')}</td>
                      <td>{library ? library[quantity][at].toPrecision(8).replace('-', '−') : '…'}</td>
                      <td>
                        {isSlides &&
                          (digits === 'wrong' ? (
                            <strong>
                              ✗<span class="visually-hidden"> {texts.wrong}</span>
                            </strong>
                          ) : digits === 'cut' ? (
                            '✓ *'
                          ) : (
                            '✓'
                          ))}
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </Scroll>
          {error !== undefined && (
            <p role="alert" class="fault">
              {common.failed} {error}
            </p>
          )}
          {id === 'bp4out' && <Erratum number={3}>{texts.erratum}</Erratum>}
          <p class="hint">
            {isSlides && id === 'hidden' && `${texts.cut} `}
            {isSlides ? texts.rounding : texts.changed}
          </p>
        </div>
        <div class="controls">
          {(['x', 't'] as const).map((key) =>
            [0, 1].map((i) => (
              <NumberField
                key={`${key}${i}`}
                label={`${key}${'₁₂'[i]}`}
                value={example[key][i]}
                min={key === 'x' ? -5 : 0}
                max={key === 'x' ? 5 : 1}
                step="any"
                onChange={set(key, i)}
              />
            )),
          )}
          <NumberField
            label="η"
            value={example.rate}
            min={0.001}
            max={20}
            step="any"
            onChange={(rate) => setExample({ ...example, rate })}
          />
          <button type="button" disabled={isSlides} onClick={() => setExample(SLIDES_EXAMPLE)}>
            {common.reset}
          </button>
        </div>
      </div>
    </Section>
  );
}
