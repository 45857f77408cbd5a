/** Where the points come from: a dataset, or points that are drawn or pasted. */
import { useState } from 'preact/hooks';
import { Choice, NumberField, Slider } from '../components/fields.js';
import { SHAPE_NAMES } from '../components/marks.js';
import { readPoints } from '../data/csv.js';
import { DATASETS, type DatasetName, type Task } from '../data/datasets.js';
import { roundedPoint } from '../settings/address.js';
import { classesOf, LIMITS, taskOf, type Settings } from '../settings/settings.js';

interface DataControlsProps {
  readonly settings: Settings;
  readonly change: (part: Partial<Settings>) => void;
  readonly tool: Tool;
  readonly setTool: (tool: Tool) => void;
}

/** What a click into the square does. */
export interface Tool {
  /** Class, or value, of the points that are drawn. */
  readonly target: number;
  /** Whether it removes the nearest point instead. */
  readonly erases: boolean;
}

/** Own points as choices beside the datasets. */
const OWN = { ownClasses: 'classes', ownValues: 'values' } as const satisfies Readonly<Record<string, Task>>;
type OwnName = keyof typeof OWN;

const isOwn = (name: DatasetName | OwnName): name is OwnName => Object.hasOwn(OWN, name);

const ERASE = 'erase';

export function DataControls({ settings, change, tool, setTool }: DataControlsProps) {
  const [text, setText] = useState('');
  const [task, setTask] = useState<Task>('classes');
  const [message, setMessage] = useState('');
  const { dataset, own } = settings;
  const datasets = Object.entries(DATASETS).map(([name, { title }]) => [name as DatasetName, title] as const);

  const choose = (name: DatasetName | OwnName): void => {
    if (!isOwn(name)) change({ dataset: name });
    else change({ dataset: undefined, own: own?.task === OWN[name] ? own : { task: OWN[name], points: [] } });
  };
  const { target, erases } = tool;
  const paste = (): void => {
    const read = readPoints(text, task);
    if (!read.ok) {
      setMessage(read.message);
      return;
    }
    const points = read.points.map((point) => roundedPoint(point, task === 'values'));
    change({ dataset: undefined, own: { task, points } });
    const names = read.labels.map((label, i) => `${label} is class ${i + 1}`).join(', ');
    setMessage(`${points.length} points${names === '' ? '' : `; ${names}`}${read.scaled ? '; scaled to −1 … 1' : ''}.`);
  };

  return (
    <section class="panel" aria-labelledby="data-title">
      <h2 id="data-title">Data</h2>
      <Choice
        label="Points"
        value={dataset ?? (own?.task === 'values' ? 'ownValues' : 'ownClasses')}
        options={[...datasets, ['ownClasses', 'My own points: classes'], ['ownValues', 'My own points: values']]}
        onChange={choose}
      />
      {dataset !== undefined && (
        <>
          <Slider
            label="Number"
            value={settings.points}
            min={20}
            max={1000}
            step={10}
            text={String}
            onChange={(points) => change({ points })}
          />
          <Slider
            label="Noise"
            value={settings.noise}
            min={0}
            max={0.5}
            step={0.01}
            text={(value) => value.toFixed(2)}
            onChange={(noise) => change({ noise })}
          />
        </>
      )}
      <Slider
        label="For the test"
        value={settings.testShare}
        min={0}
        max={0.8}
        step={0.05}
        text={(value) => `${Math.round(100 * value)} %`}
        onChange={(testShare) => change({ testShare })}
      />
      {taskOf(settings) === 'classes' ? (
        <Choice
          label="A click"
          value={erases ? ERASE : String(target)}
          options={[
            ...Array.from(
              { length: Math.min(6, Math.max(classesOf(settings) + (dataset === undefined ? 1 : 0), 2)) },
              (_, i) => [String(i), `adds class ${i + 1} (${SHAPE_NAMES[i]})`] as const,
            ),
            [ERASE, 'removes the nearest point'],
          ]}
          onChange={(value) =>
            setTool(value === ERASE ? { ...tool, erases: true } : { target: Number(value), erases: false })
          }
        />
      ) : (
        <>
          <Choice
            label="A click"
            value={erases ? ERASE : 'add'}
            options={[
              ['add', 'adds a point'],
              [ERASE, 'removes the nearest point'],
            ]}
            onChange={(value) => setTool({ ...tool, erases: value === ERASE })}
          />
          <Slider
            label="Value of new points"
            value={target}
            min={-1}
            max={1}
            step={0.1}
            disabled={erases}
            text={(value) => value.toFixed(1)}
            onChange={(value) => setTool({ ...tool, target: value })}
          />
        </>
      )}
      {dataset === undefined && (
        <button
          type="button"
          disabled={own === undefined || own.points.length === 0}
          onClick={() => change({ own: own && { ...own, points: [] } })}
        >
          Remove all points
        </button>
      )}
      <details>
        <summary>Paste points</summary>
        <div class="field">
          <label for="pasted">Lines of x, y and a class or a value; at most {LIMITS.points}</label>
          <textarea
            id="pasted"
            rows={5}
            value={text}
            placeholder={'0.1, 0.7, a\n-0.4, 0.2, b'}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <Choice
          label="The third column is"
          value={task}
          options={[
            ['classes', 'a class'],
            ['values', 'a value'],
          ]}
          onChange={setTask}
        />
        <button type="button" onClick={paste}>
          Use these points
        </button>
        <p role="status" class="hint">
          {message}
        </p>
      </details>
      <NumberField
        label="Seed"
        value={settings.seed}
        min={0}
        max={LIMITS.seed}
        onChange={(seed) => change({ seed })}
        hint="Same seed, same weights to the bit, in every browser."
      />
    </section>
  );
}
