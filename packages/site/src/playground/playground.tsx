/** The playground: settings in the address, a worker that trains, and the views of both. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Choice } from '../components/fields.js';
import { addressOf, roundedPoint, settingsOf } from '../settings/address.js';
import { consistent, LIMITS, taskOf, type Settings } from '../settings/settings.js';
import { TrainingClient } from '../training/client.js';
import type { ExportFormat, Snapshot } from '../training/protocol.js';
import { dividedPoints } from '../training/rows.js';
import { DataControls } from './data-controls.js';
import { NetworkView } from './network-view.js';
import { OutputView } from './output-view.js';
import { Advice, Confusion, Losses } from './results.js';
import { TrainingControls } from './training-controls.js';
import { typescriptOf } from './typescript.js';

/** Speeds in steps a second. */
const SPEEDS = [
  ['1', '1 step a second'],
  ['10', '10 steps a second'],
  ['100', '100 steps a second'],
  ['1000', '1,000 steps a second'],
  ['Infinity', 'full speed'],
] as const;

/** Hands a file to the user. */
function download(name: string, content: BlobPart, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function Playground() {
  const [settings, setSettings] = useState(() => settingsOf(location.hash));
  const [snapshot, setSnapshot] = useState<Snapshot>();
  const [running, setRunning] = useState(false);
  const [speed, setSpeed] = useState<(typeof SPEEDS)[number][0]>('Infinity');
  const [problem, setProblem] = useState('');
  const [drawn, setDrawn] = useState(0);
  const [copied, setCopied] = useState('');
  const client = useRef<TrainingClient | undefined>(undefined);
  const points = useMemo(() => dividedPoints(settings), [settings]);
  const empty = points.training.length < 2;

  useEffect(() => {
    client.current = new TrainingClient({
      snapshot(next) {
        setSnapshot(next);
        // What the worker says counts: a snapshot from before the last click may come after it.
        setRunning(next.running);
      },
      exported: (format, bytes) => download(`network.${format}`, bytes, 'application/octet-stream'),
      failed(message) {
        setRunning(false);
        setProblem(message);
      },
    });
    const onAddress = (): void => setSettings(settingsOf(location.hash));
    addEventListener('hashchange', onAddress);
    return () => {
      removeEventListener('hashchange', onAddress);
      client.current?.close();
    };
  }, []);

  useEffect(() => {
    setRunning(false);
    setProblem('');
    setCopied('');
    if (empty) setSnapshot(undefined);
    else client.current?.start(settings);
    history.replaceState(undefined, '', `#${addressOf(settings)}`);
  }, [settings, empty]);

  const change = (part: Partial<Settings>): void => setSettings((before) => consistent({ ...before, ...part }));
  const add = (x: number, y: number): void => {
    const task = taskOf(settings);
    const known = settings.dataset === undefined ? (settings.own?.points ?? []) : [...points.test, ...points.training];
    if (known.length >= LIMITS.points) return;
    // In front: the first points are those of the test, so new ones are spread by the share of the test.
    const all = [...known, { x, y, target: drawn }].map((point) => roundedPoint(point, task === 'values'));
    change({ dataset: undefined, own: { task, points: all } });
  };
  const run = (next: boolean, at: string = speed): void => {
    setRunning(next);
    client.current?.run(next ? Number(at) : 0);
  };
  const copyAddress = (): void => {
    navigator.clipboard.writeText(location.href).then(
      () => setCopied('Copied.'),
      () => setCopied('The browser does not allow it: copy the address above.'),
    );
  };
  const exportAs = (format: ExportFormat): void => client.current?.export(format);

  return (
    <div class="playground">
      <h1 class="visually-hidden">Playground</h1>
      <section class="bar" aria-label="Steps">
        <button
          type="button"
          class="primary"
          disabled={empty || snapshot?.stopped !== undefined}
          onClick={() => run(!running)}
        >
          {running ? 'Pause' : 'Train'}
        </button>
        <button type="button" disabled={empty || running} onClick={() => client.current?.step(1)}>
          One step
        </button>
        <button type="button" disabled={empty} onClick={() => client.current?.start(settings)}>
          Start again
        </button>
        <Choice
          label="Speed"
          value={speed}
          options={SPEEDS}
          onChange={(value) => {
            setSpeed(value);
            if (running) run(true, value);
          }}
        />
        <dl class="counters">
          <div>
            <dt>Steps</dt>
            <dd data-testid="step">{snapshot?.step.toLocaleString('en') ?? '0'}</dd>
          </div>
          <div>
            <dt>Epochs</dt>
            <dd>{snapshot?.epoch.toLocaleString('en') ?? '0'}</dd>
          </div>
          <div>
            <dt>Steps a second</dt>
            <dd>{running ? Math.round(snapshot?.stepsPerSecond ?? 0).toLocaleString('en') : '–'}</dd>
          </div>
        </dl>
      </section>
      {problem !== '' && (
        <p role="alert" class="fault">
          {problem}
        </p>
      )}
      {empty && <p class="hint">Click into the square to draw at least two points.</p>}
      <div class="stage">
        <DataControls settings={settings} change={change} drawn={drawn} setDrawn={setDrawn} />
        <NetworkView settings={settings} snapshot={snapshot} change={change} />
        <div class="outcome">
          <OutputView
            settings={settings}
            snapshot={snapshot}
            training={points.training}
            test={points.test}
            onAdd={add}
          />
          <Losses snapshot={snapshot} />
          <Confusion snapshot={snapshot} />
        </div>
      </div>
      <div class="below">
        <TrainingControls settings={settings} change={change} />
        <Advice snapshot={snapshot} />
        <section class="panel" aria-labelledby="share-title">
          <h2 id="share-title">Share and take along</h2>
          <p class="hint">
            The address holds data, network and seed. After as many steps, everybody has these weights:
          </p>
          <p class="hash" data-testid="hash">
            {snapshot?.hash ?? (running ? 'while training runs, there is no hash' : '–')}
          </p>
          <div class="buttons">
            <button type="button" onClick={copyAddress}>
              Copy the address
            </button>
            <button
              type="button"
              onClick={() => download('network.ts', typescriptOf(settings, snapshot?.step ?? 0), 'text/plain')}
            >
              TypeScript
            </button>
            <button type="button" disabled={snapshot === undefined} onClick={() => exportAs('safetensors')}>
              safetensors
            </button>
            <button type="button" disabled={snapshot === undefined} onClick={() => exportAs('onnx')}>
              ONNX
            </button>
          </div>
          <p role="status" class="hint">
            {copied}
          </p>
        </section>
      </div>
    </div>
  );
}
