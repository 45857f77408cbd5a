/** The playground: settings in the address, a worker that trains, and the views of both. */
import { useLayoutEffect, useMemo, useRef, useState, type StateUpdater } from 'preact/hooks';
import { Choice } from '../components/fields.js';
import { addressOf, roundedPoint, settingsOf, stepsOf } from '../settings/address.js';
import { consistent, LIMITS, taskOf, type Settings } from '../settings/settings.js';
import { TrainingClient } from '../training/client.js';
import type { ExportFormat, Snapshot } from '../training/protocol.js';
import { dividedPoints } from '../training/rows.js';
import { DataControls, type Tool } from './data-controls.js';
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

/** Files by format: the name's ending says what it is. */
const ENDINGS: Readonly<Record<ExportFormat, string>> = { safetensors: 'safetensors', onnx: 'onnx', module: 'mjs' };

/** Addresses above this length are cut by some programs that people send them with. */
const LONG_ADDRESS = 2000;

/** Puts an address into the browser's bar. */
function showAddress(address: string): void {
  try {
    history.replaceState(undefined, '', `#${address}`);
  } catch {
    // Safari takes a hundred in half a minute; the next change writes it.
  }
}

/** Hands a file to the user. */
function download(name: string, content: BlobPart, type: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** What an address asks for. */
interface Asked {
  readonly settings: Settings;
  readonly steps: number;
}

const askedBy = (address: string): Asked => ({ settings: settingsOf(address), steps: stepsOf(address) });

/** Returns settings with a point more, or without the one that is nearest. */
function withDrawn(settings: Settings, x: number, y: number, { target, erases }: Tool): Settings {
  const task = taskOf(settings);
  const { training, test } = dividedPoints(settings);
  const known = settings.dataset === undefined ? (settings.own?.points ?? []) : [...test, ...training];
  let points = [...known];
  if (erases) {
    const distances = known.map((point) => Math.hypot(point.x - x, point.y - y));
    points.splice(distances.indexOf(Math.min(...distances)), 1);
  } else if (known.length < LIMITS.points) points.push({ x, y, target });
  points = points.map((point) => roundedPoint(point, task === 'values'));
  return consistent({ ...settings, dataset: undefined, own: { task, points } });
}

export function Playground() {
  // Steps are those of the address alone: a change starts anew.
  const [{ settings, steps }, setAsked] = useState(() => askedBy(location.hash));
  const [snapshot, setSnapshot] = useState<Snapshot>();
  /** Steps of a network that rests; undefined while it is made or trained. */
  const [restsAt, setRestsAt] = useState<number>();
  const [running, setRunning] = useState(false);
  const [speed, setSpeed] = useState<(typeof SPEEDS)[number][0]>('Infinity');
  const [problem, setProblem] = useState('');
  const [tool, setTool] = useState<Tool>({ target: 0, erases: false });
  const [copied, setCopied] = useState('');
  const client = useRef<TrainingClient | undefined>(undefined);
  const points = useMemo(() => dividedPoints(settings), [settings]);
  const empty = points.training.length < 2;
  /** Asks for another network. The one that rests is none of it, so its steps must not be in the new address. */
  const ask = (next: StateUpdater<Asked>): void => {
    setRestsAt(undefined);
    setAsked(next);
  };

  // Effects of layout run with the rendering: no snapshot of the network before comes in between.
  useLayoutEffect(() => {
    client.current = new TrainingClient({
      snapshot(next) {
        setSnapshot(next);
        // What the worker says counts: a snapshot from before the last click may come after it.
        setRunning(next.running);
        setRestsAt(next.running ? undefined : next.step);
      },
      exported: (format, bytes) => download(`network.${ENDINGS[format]}`, bytes, 'application/octet-stream'),
      failed(message) {
        setRunning(false);
        setProblem(message);
      },
    });
    const onAddress = (): void => ask(askedBy(location.hash));
    addEventListener('hashchange', onAddress);
    return () => {
      removeEventListener('hashchange', onAddress);
      client.current?.close();
    };
  }, []);

  useLayoutEffect(() => {
    setRunning(false);
    setRestsAt(undefined);
    setProblem('');
    setCopied('');
    if (empty) setSnapshot(undefined);
    else client.current?.start(settings, steps);
    showAddress(addressOf(settings, steps));
  }, [settings, steps, empty]);

  // At rest the address is that of these very weights, as soon as their hash is on the screen.
  const address = addressOf(settings, restsAt ?? steps);
  useLayoutEffect(() => {
    if (restsAt !== undefined) showAddress(address);
  }, [restsAt, address]);

  const change = (part: Partial<Settings>): void =>
    ask((before) => ({ settings: consistent({ ...before.settings, ...part }), steps: 0 }));
  const draw = (x: number, y: number): void =>
    ask((before) => ({ settings: withDrawn(before.settings, x, y, tool), steps: 0 }));
  const startAgain = (): void => {
    setRestsAt(undefined);
    if (steps > 0) setAsked({ settings, steps: 0 });
    else client.current?.start(settings);
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
        <button type="button" disabled={empty} onClick={startAgain}>
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
        <DataControls settings={settings} change={change} tool={tool} setTool={setTool} />
        <NetworkView settings={settings} snapshot={snapshot} change={change} />
        <div class="outcome">
          <OutputView
            settings={settings}
            snapshot={snapshot}
            training={points.training}
            test={points.test}
            onDraw={draw}
            erases={tool.erases}
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
            The address holds data, network, seed and steps. Who opens it gets these weights to the bit, in every
            browser:
          </p>
          <p class="hash" data-testid="hash">
            {restsAt === undefined
              ? running
                ? 'while training runs, there is no hash'
                : '–'
              : (snapshot?.hash ?? 'browsers compute hashes in pages of https alone')}
          </p>
          {address.length > LONG_ADDRESS && (
            <p class="hint">
              It has {address.length.toLocaleString('en')} characters, most of them your points: mail and chat programs
              may cut it.
            </p>
          )}
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
            <button type="button" disabled={snapshot === undefined} onClick={() => exportAs('module')}>
              JavaScript module
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
