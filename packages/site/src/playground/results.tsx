/** What training has come to: losses, right answers, the advice of `diagnose`. */
import { Chart } from '../components/chart.js';
import { ClassMark } from '../components/marks.js';
import type { Snapshot } from '../training/protocol.js';

/** Names of faults for people. */
const FAULTS: Readonly<Record<string, string>> = {
  nonFinite: 'Not a number',
  vanishingGradient: 'Vanishing gradient',
  explodingGradient: 'Exploding gradient',
  deadUnits: 'Dead units',
  saturation: 'Saturation',
  zigzag: 'Zigzag',
  zeroGradient: 'No gradient',
  notProbabilities: 'No probabilities',
  constantOutput: 'Constant output',
  largestClass: 'Only the largest class',
  batchOfOne: 'Batches of one row',
  largeUpdate: 'Steps too large',
  smallUpdate: 'Steps too small',
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export function Losses({ snapshot }: { readonly snapshot: Snapshot | undefined }) {
  const { steps = [], training = [], test = [] } = snapshot?.curve ?? {};
  return (
    <Chart
      title="Loss"
      steps={steps}
      lines={[
        { name: 'training', values: training, dashed: false },
        { name: 'test', values: test, dashed: true },
      ]}
    />
  );
}

export function Confusion({ snapshot }: { readonly snapshot: Snapshot | undefined }) {
  const { confusion, accuracy } = snapshot ?? {};
  if (confusion === undefined || accuracy === undefined) return null;
  const most = Math.max(1, ...confusion.flat());
  return (
    <figure class="confusion">
      <figcaption>
        Right: {percent(accuracy.training)} of training
        {accuracy.test === undefined ? '' : `, ${percent(accuracy.test)} of the test`}
        <p class="hint">Rows are true classes, columns predicted ones.</p>
      </figcaption>
      <table>
        <caption class="visually-hidden">Points by their true and their predicted class</caption>
        <thead>
          <tr>
            <td />
            {confusion.map((_, i) => (
              <th key={i} scope="col">
                <ClassMark index={i} />
                {i + 1}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {confusion.map((row, i) => (
            <tr key={i}>
              <th scope="row">
                <ClassMark index={i} />
                {i + 1}
              </th>
              {row.map((count, j) => (
                <td
                  key={j}
                  class={`${i === j ? 'right' : 'wrong'}${count > 0 ? ' some' : ''}`}
                  style={{ '--share': String(count / most) }}
                >
                  {count}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

export function Advice({ snapshot }: { readonly snapshot: Snapshot | undefined }) {
  const { diagnosis, stopped } = snapshot ?? {};
  const faults = diagnosis?.faults ?? [];
  return (
    <section class="panel advice" aria-labelledby="advice-title">
      <h2 id="advice-title">Advice</h2>
      <div aria-live="polite">
        {stopped !== undefined && <p class="fault stopped">{stopped}</p>}
        {faults.map(({ kind, message }, index) => (
          <p key={index} class="fault">
            <strong>{FAULTS[kind] ?? kind}.</strong> {message}
          </p>
        ))}
        {faults.length === 0 && stopped === undefined && (
          <p class="hint">
            {diagnosis === undefined
              ? 'Advice comes with the network.'
              : 'Nothing to mend: gradients reach every layer.'}
          </p>
        )}
      </div>
      {diagnosis !== undefined && (
        <details>
          <summary>Measurements of each layer</summary>
          <div class="scroll" tabIndex={0} role="group" aria-label="Measurements of each layer">
            <table class="numbers">
              <thead>
                <tr>
                  <th scope="col">Layer</th>
                  <th scope="col">Gradient</th>
                  <th scope="col">Saturated</th>
                  <th scope="col">Dead</th>
                  <th scope="col">Zigzag</th>
                </tr>
              </thead>
              <tbody>
                {diagnosis.layers
                  .filter(({ gradientNorm }) => gradientNorm !== undefined)
                  .map(({ layer, gradientNorm, softSaturated, deadUnits, zigzag }) => (
                    <tr key={layer}>
                      <th scope="row">{layer}</th>
                      <td>{gradientNorm?.toExponential(1)}</td>
                      {[softSaturated, deadUnits, zigzag].map((share, i) => (
                        <td key={i}>{share === undefined ? '–' : percent(share)}</td>
                      ))}
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </section>
  );
}
