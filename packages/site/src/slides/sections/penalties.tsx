/** Regularization: the paths of two weights without a penalty, under L2 and under L1. */
import { useMemo, useState } from 'preact/hooks';
import { colourOfValue } from '../../components/colours.js';
import { Slider } from '../../components/fields.js';
import { usePalette } from '../../components/theme.js';
import { PENALTIES, PENALTY, type PenaltyName } from '../choices.js';
import { banded, costField, PENALTY_SURFACE } from '../exact/surfaces.js';
import { fill, useTexts } from '../language.js';
import { useLibrary } from '../library/use-library.js';
import { Formulas } from '../parts/formula.js';
import { fixed, short } from '../parts/numbers.js';
import { Plane, WeightPath } from '../parts/plane.js';
import { Player } from '../parts/player.js';
import { Prose } from '../parts/rich.js';
import { Scroll } from '../parts/scroll.js';
import { Erratum, Section, Waiting } from '../parts/section.js';

const CELLS = 120;
const STYLES: Readonly<Record<PenaltyName, number>> = { none: 2, l2: 1, l1: 0 };

/** A weight that steps of L1 cannot take nearer to 0: they are ηλ long. */
export const isZero = (weight: number, strength: number): boolean =>
  Math.abs(weight) <= 1.01 * PENALTY.learningRate * strength;

export function Penalties() {
  const { penalties: texts } = useTexts();
  const colours = usePalette();
  const [strength, setStrength] = useState(0.15);
  const [step, setStep] = useState<number>(PENALTY.steps);
  const field = useMemo(() => banded(costField(PENALTY_SURFACE, CELLS), 14), []);
  const { result, error } = useLibrary('penaltyPaths', { strength });
  const end = (name: PenaltyName): [number, number] => [result![name].w1[step], result![name].w2[step]];
  return (
    <Section id="penalties">
      <Prose texts={[texts.lead, texts.difference]} />
      <Erratum number={4}>{texts.sparse}</Erratum>
      <div class="demo">
        <Waiting error={error} ready={result !== undefined} class="room square-room">
          {() => (
            <Plane
              x={PENALTY_SURFACE.range.x}
              y={PENALTY_SURFACE.range.y}
              xName="w₁"
              yName="w₂"
              size={CELLS}
              field={field}
              colourOf={(value) => colourOfValue(colours, 0.5 * (1 - value))}
              label={fill(texts.picture, {
                step,
                ends: PENALTIES.map(
                  (name) =>
                    `${texts[name]}: (${end(name)
                      .map((w) => fixed(w, 3))
                      .join(', ')})`,
                ).join('; '),
              })}
            >
              {(scale) => {
                const [l1, l2] = [end('l1'), end('l2')];
                const size = Math.abs(l1[0]) + Math.abs(l1[1]);
                const radius = Math.sqrt(l2[0] ** 2 + l2[1] ** 2);
                const [x0, y0] = [scale.x(0), scale.y(0)];
                const unit = scale.x(1) - x0;
                return (
                  <>
                    <path
                      d={`M${x0 + size * unit},${y0}L${x0},${y0 - size * unit}L${x0 - size * unit},${y0}L${x0},${y0 + size * unit}Z`}
                      class="norm s0"
                    />
                    <circle cx={x0} cy={y0} r={radius * unit} class="norm s1" />
                    {PENALTIES.map((name) => (
                      <WeightPath
                        key={name}
                        scale={scale}
                        w1={result![name].w1}
                        w2={result![name].w2}
                        steps={step}
                        style={STYLES[name]}
                      />
                    ))}
                  </>
                );
              }}
            </Plane>
          )}
        </Waiting>
        <div class="controls">
          <Slider label="λ" value={strength} min={0} max={0.8} step={0.05} text={fixed} onChange={setStrength} />
          <Player steps={PENALTY.steps} value={step} onChange={setStep} speed={50} />
          {result && (
            <Scroll label={texts.table}>
              <table class="numbers">
                <caption class="visually-hidden">{texts.table}</caption>
                <thead>
                  <tr>
                    <th scope="col">{texts.penalty}</th>
                    <th scope="col">w₁</th>
                    <th scope="col">w₂</th>
                    <th scope="col">C</th>
                  </tr>
                </thead>
                <tbody>
                  {PENALTIES.map((name) => (
                    <tr key={name}>
                      <th scope="row">
                        <svg viewBox="0 0 30 8" aria-hidden="true" class="sample">
                          <line x1={0} y1={4} x2={30} y2={4} class={`series s${STYLES[name]}`} />
                        </svg>{' '}
                        {texts[name]}
                      </th>
                      {end(name).map((w, i) => (
                        <td key={i}>
                          {name === 'l1' && strength > 0 && isZero(w, strength) ? `≈ 0 (${fixed(w, 3)})` : fixed(w, 3)}
                        </td>
                      ))}
                      <td>{short(result[name].cost[step])}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          )}
          <p class="hint">
            {fill(texts.note, { rate: PENALTY.learningRate, length: short(PENALTY.learningRate * strength) })}
          </p>
        </div>
        <div class="outcome">
          <Formulas
            lines={[
              'C_{reg} = C + λ Ω(W)',
              'Ω_{L1}(W) = |W|,  Ω_{L2}(W) = ½ ‖W‖^2',
              'L2:  w_{new} = w_{old} − η (∂C/∂w + λ w_{old}) = (1 − η λ) w_{old} − η ∂C/∂w',
              'L1:  w_{new} = w_{old} − η λ sign(w_{old}) − η ∂C/∂w',
            ]}
          />
          <p>{fill(texts.decay, { factor: short(1 - PENALTY.learningRate * strength, 4) })}</p>
          <Erratum number={2}>{texts.lambda}</Erratum>
        </div>
      </div>
    </Section>
  );
}
