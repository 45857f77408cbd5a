/** Costs: the quadratic one and the cross-entropy for a sigmoid, and the softmax with its cross-entropy. */
import { useState } from 'preact/hooks';
import { Choice, Slider } from '../../components/fields.js';
import { BINARY_COSTS, type BinaryCost } from '../choices.js';
import { fill, useTexts } from '../language.js';
import { useLibrary } from '../library/use-library.js';
import { Curves } from '../parts/curves.js';
import { Formulas } from '../parts/formula.js';
import { fixed, short } from '../parts/numbers.js';
import { Prose } from '../parts/rich.js';
import { Scroll } from '../parts/scroll.js';
import { Erratum, Section, Waiting } from '../parts/section.js';

const FROM = -6;
const TO = 6;
const POINTS = 121;
const STYLES: Readonly<Record<BinaryCost, number>> = { halfSquaredError: 0, binaryCrossentropy: 1 };

function Binary() {
  const { losses: texts } = useTexts();
  const [target, setTarget] = useState<'0' | '1'>('1');
  const [at, setAt] = useState(-4);
  const { result, error } = useLibrary('lossCurves', {
    target: Number(target) as 0 | 1,
    from: FROM,
    to: TO,
    points: POINTS,
  });
  const index = Math.round(((at - FROM) / (TO - FROM)) * (POINTS - 1));
  const y = 1 / (1 + Math.exp(-at));
  return (
    <>
      <div class="row-controls">
        <Slider
          label={texts.logit}
          value={at}
          min={FROM}
          max={TO}
          step={0.1}
          text={(v) => fixed(v, 1)}
          onChange={setAt}
        />
        <Choice
          label={texts.target}
          value={target}
          options={[
            ['1', 't = 1'],
            ['0', 't = 0'],
          ]}
          onChange={setTarget}
        />
        <p class="readout">
          y = sigmoid({fixed(at, 1)}) = {short(y, 4)}
        </p>
      </div>
      <Waiting error={error} ready={result !== undefined} class="room tall">
        {() => (
          <div class="cards pair">
            {(['cost', 'delta'] as const).map((part) => (
              <article key={part} class="card">
                <h3>{texts[part]}</h3>
                <Curves
                  label={fill(texts.picture, {
                    what: texts[part],
                    logit: fixed(at, 1),
                    quadratic: short(result!.halfSquaredError[part][index]),
                    cross: short(result!.binaryCrossentropy[part][index]),
                  })}
                  x={[FROM, TO]}
                  y={part === 'cost' ? [0, 6] : [-1.05, 1.05]}
                  xName={texts.logitShort}
                  at={at}
                  curves={BINARY_COSTS.map((name) => ({
                    name: texts[name],
                    x: result!.logits,
                    y: result![name][part],
                    style: STYLES[name],
                  }))}
                />
                <p class="readout">
                  {BINARY_COSTS.map((name) => `${texts[name]}: ${short(result![name][part][index], 4)}`).join(' · ')}
                </p>
              </article>
            ))}
          </div>
        )}
      </Waiting>
      <Formulas
        lines={[
          'C = ½ (t − y)^2,  δ = (y − t) y (1 − y)',
          'C = −[t ln(y) + (1 − t) ln(1 − y)],  ∂C/∂y = (y − t) / (y (1 − y)),  δ = y − t',
        ]}
      />
    </>
  );
}

function Softmax() {
  const { losses: texts } = useTexts();
  const [logits, setLogits] = useState<readonly number[]>([2, 1, -1]);
  const [target, setTarget] = useState<'0' | '1' | '2'>('1');
  const { result, error } = useLibrary('softmaxCost', { logits, target: Number(target) });
  const t = [0, 1, 2].map((i) => (i === Number(target) ? 1 : 0));
  return (
    <div class="demo">
      <div class="controls">
        {logits.map((value, i) => (
          <Slider
            key={i}
            label={fill(texts.logitOf, { i: i + 1 })}
            value={value}
            min={-5}
            max={5}
            step={0.1}
            text={(v) => fixed(v, 1)}
            onChange={(next) => setLogits(logits.map((old, k) => (k === i ? next : old)))}
          />
        ))}
        <Choice
          label={texts.truth}
          value={target}
          options={(['0', '1', '2'] as const).map(
            (name) => [name, fill(texts.class, { i: Number(name) + 1 })] as const,
          )}
          onChange={setTarget}
        />
      </div>
      <Waiting error={error} ready={result !== undefined}>
        {() => (
          <div class="wide">
            <svg
              viewBox="0 0 300 130"
              role="img"
              class="bars"
              aria-label={fill(texts.softmaxPicture, {
                y: result!.y.map((v) => fixed(v, 3)).join(', '),
                delta: result!.delta.map((v) => fixed(v, 3)).join(', '),
              })}
            >
              {result!.y.map((y, i) => (
                <g key={i}>
                  <text x={4} y={28 + 40 * i}>
                    {fill(texts.class, { i: i + 1 })}
                  </text>
                  <rect x={64} y={14 + 40 * i} width={170} height={20} class="frame" />
                  <rect x={64} y={14 + 40 * i} width={170 * y} height={20} class={`bar s${i}`} />
                  {t[i] === 1 && <path d={`M234,${9 + 40 * i}v30`} class="cursor" />}
                  <text x={242} y={28 + 40 * i}>
                    {fixed(y, 3)}
                  </text>
                </g>
              ))}
            </svg>
            <p class="hint">{texts.bars}</p>
          </div>
        )}
      </Waiting>
      <div class="outcome">
        {result && (
          <Scroll label={texts.table}>
            <table class="numbers">
              <caption class="visually-hidden">{texts.table}</caption>
              <thead>
                <tr>
                  <th scope="col">{texts.classes}</th>
                  <th scope="col">y</th>
                  <th scope="col">t</th>
                  <th scope="col">δ = y − t</th>
                </tr>
              </thead>
              <tbody>
                {result.y.map((y, i) => (
                  <tr key={i}>
                    <th scope="row">{i + 1}</th>
                    <td>{fixed(y, 5)}</td>
                    <td>{t[i]}</td>
                    <td>{fixed(result.delta[i], 5)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
        <Formulas
          lines={[
            'y_j = exp(z_j) / Σ_k exp(z_k)',
            `C = −Σ_i t_i ln(y_i)${result ? ` = ${short(result.cost, 5)}` : ''}`,
            '∂C/∂b_j = y_j − t_j',
            '∂C/∂w_{jk} = h_k (y_j − t_j)',
          ]}
        />
      </div>
    </div>
  );
}

export function Losses() {
  const { losses: texts } = useTexts();
  return (
    <Section id="losses">
      <Prose texts={[texts.lead, texts.slow]} />
      <Binary />
      <h3>{texts.softmax}</h3>
      <Prose texts={[texts.softmaxLead]} />
      <Erratum number={1}>{texts.minus}</Erratum>
      <Softmax />
    </Section>
  );
}
