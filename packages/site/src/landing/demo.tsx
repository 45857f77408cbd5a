/** The demonstration of the landing page: the playground's first network, learning. It goes on where it stopped there. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { OutputView } from '../playground/output-view.js';
import { Losses } from '../playground/results.js';
import { addressOf, settingsOf } from '../settings/address.js';
import { TrainingClient } from '../training/client.js';
import type { Snapshot } from '../training/protocol.js';
import { dividedPoints } from '../training/rows.js';

const SETTINGS = settingsOf('data=rings&layers=8tanh-6tanh&noise=0.05&learningRate=0.005');
/** Steps after which the network has learned what there is. */
const ENOUGH = 3000;
const SPEED = 600;

export function Demo() {
  const [snapshot, setSnapshot] = useState<Snapshot>();
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState('');
  const client = useRef<TrainingClient | undefined>(undefined);
  const run = (next: boolean): void => {
    setRunning(next);
    client.current?.run(next ? SPEED : 0);
  };
  useEffect(() => {
    client.current = new TrainingClient({
      snapshot(next) {
        setSnapshot(next);
        setRunning(next.running);
        if (next.step >= ENOUGH && next.running) run(false);
      },
      exported: () => undefined,
      failed: setProblem,
    });
    client.current.start(SETTINGS);
    // Nothing moves by itself for those who asked for less motion.
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) run(true);
    return () => client.current?.close();
  }, []);
  const { training, test } = dividedPoints(SETTINGS);
  return (
    <>
      {problem !== '' && (
        <p role="alert" class="fault">
          {problem}
        </p>
      )}
      <OutputView settings={SETTINGS} snapshot={snapshot} training={training} test={test} />
      <div>
        <Losses snapshot={snapshot} />
        <p class="buttons">
          <button type="button" disabled={snapshot === undefined} onClick={() => run(!running)}>
            {running ? 'Pause' : 'Train'}
          </button>
          <button
            type="button"
            disabled={snapshot === undefined}
            onClick={() => {
              client.current?.start(SETTINGS);
              run(true);
            }}
          >
            Again
          </button>
          <a class="button" href={`./playground.html#${addressOf(SETTINGS)}`}>
            Change it
          </a>
        </p>
        <p class="hint">
          {snapshot === undefined ? 'Loading …' : `${snapshot.step.toLocaleString('en')} steps. `}
          {snapshot?.hash !== undefined && (
            <>
              SHA-256 of the weights, the same in your browser: <span class="hash">{snapshot.hash.slice(0, 16)}…</span>
            </>
          )}
        </p>
      </div>
    </>
  );
}
