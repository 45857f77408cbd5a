/**
 * Training on a table that does not fit into memory. It is parsed twice: what its columns are is learned in the order of
 * the rows; then its values go to a temporary file, from which each epoch reads them in another order. Some rows are held
 * out in memory: they say when to stop, and how good the model is.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import {
  loadTable,
  learnPreprocessing,
  tableClassifier,
  tableRegressor,
  takeRows,
  type Preprocessing,
} from 'wasm-mlp/tables';
import { Failure } from '../failure.js';
import type { Chunk, ReadCell, ReadKind, TableReader } from '../reading/reader.js';
import type { CrossValidation } from './cross-validation.js';
import { choicesOf, requireColumn, withTruth, type Columns, type TableChoices, type TrainingTable } from './data.js';
import { predictRows, type NetworkOptions, type TableModel, type Trained } from './estimate.js';
import { importanceOf } from './importance.js';
import { generator } from './random.js';
import { scoresOf } from './scores.js';
import { Spool } from './spool.js';
import { decideTask, TargetValues, type Task } from './target.js';

/** Rows that one call of `partialFit` trains on. */
const PART_ROWS = 65_536;
/** Rows that are held out: a tenth, at most so many. */
const MOST_HELD = 20_000;
const HELD_SHARE = 10;
/** Epochs without a score better by this much after which training stops. Of millions of rows few epochs are needed. */
const PATIENCE = 2;
const LEAST_GAIN = 0.001;
/** Most epochs where nobody says how many. */
export const STREAMED_EPOCHS = 20;
/** How often each column is shuffled: there is one fold only. */
const REPEATS = 3;

export interface StreamedTraining extends Trained {
  /** The rows that were held out, with the number of rows of the whole table. */
  readonly table: TrainingTable;
  /** Scores and predictions of the rows that were held out, as a single fold. */
  readonly crossValidation: CrossValidation;
}

/** What is known after the first reading. */
interface Learned {
  readonly preprocessing: Preprocessing;
  readonly targets: readonly TargetValues[];
  readonly task: Task;
  readonly reason: string;
  /** Rows with all targets. */
  readonly rows: number;
  readonly withoutTarget: number;
}

/** Trains on the rows of a reader, within a few hundred megabytes. */
export async function trainStreamed(
  reader: TableReader,
  choices: TableChoices,
  options: NetworkOptions,
  onStep: (text: string) => void,
): Promise<StreamedTraining> {
  onStep(`Reading ${reader.source.name} to learn what its columns are …`);
  const learned = await learn(reader, choices);
  const { preprocessing, targets, task } = learned;
  const names = [...preprocessing.schema.columns.map(({ name }) => name), ...choices.targets];
  const columns = names.map(
    (name) => new ColumnCodes(name, reader.columns.find((column) => column.name === name)!.kind),
  );
  const spool = await Spool.create(columns.length);
  try {
    onStep('Reading it again, into a temporary file …');
    const held = await fill(spool, reader, columns, learned, choices.targets, options.seed);
    const labels = task === 'classification' ? targets[0].labels : [];
    const truthful = (rows: Columns): Columns => (task === 'multilabel' ? withTruth(rows, choices.targets) : rows);
    const heldRows = truthful(held);
    const truth = choices.targets.map((name) => heldRows[name]);
    const settings = { ...options, preprocessing };
    const model: TableModel = task === 'regression' ? tableRegressor(settings) : tableClassifier(settings);
    const [loss, scores]: number[][] = [[], []];
    let best: { readonly file: Uint8Array; readonly epochs: number; readonly score: number } | undefined;
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      let [sum, rows] = [0, 0];
      for await (const part of spool.shuffled(PART_ROWS, options.seed, epoch)) {
        const decoded = truthful(decode(part, columns));
        const own = model.kind === 'classifier' && task === 'classification' ? { classes: labels } : {};
        const { history } = await model.partialFit(decoded, choices.targets, own);
        const count = part.length / columns.length;
        sum += history.loss[0] * count;
        rows += count;
      }
      const [main] = scoresOf(task, truth, predictRows(model, heldRows));
      loss.push(sum / rows);
      scores.push(main.value);
      onStep(
        `Epoch ${epoch + 1}: loss ${loss[epoch].toPrecision(4)}, ${main.name} of rows held out ${main.value.toFixed(4)}`,
      );
      if (best === undefined || main.value > best.score + LEAST_GAIN) {
        best = { file: model.save(), epochs: epoch + 1, score: main.value };
      } else if (epoch + 1 - best.epochs >= PATIENCE) break;
    }
    model.dispose();
    const final = (await loadTable(best!.file)) as TableModel;
    const table: TrainingTable = {
      rows: learned.rows,
      columns: heldRows,
      targets: choices.targets,
      task,
      reason: learned.reason,
      labels,
      withoutTarget: learned.withoutTarget,
      choices: choicesOf(reader.columns, choices),
      reading: reader.reading,
    };
    return {
      model: final,
      losses: { loss, valLoss: [] },
      epochs: best!.epochs,
      table,
      crossValidation: await judged(final, table, options.seed),
    };
  } finally {
    await spool.close();
  }
}

/** The rows of a chunk whose targets are known, or undefined if that is all of them. */
function knownRows({ rows, columns }: Chunk, targets: readonly string[]): number[] | undefined {
  const known: number[] = [];
  for (let row = 0; row < rows; row++) if (targets.every((name) => columns[name][row] !== null)) known.push(row);
  return known.length === rows ? undefined : known;
}

async function learn(reader: TableReader, choices: TableChoices): Promise<Learned> {
  const { targets } = choices;
  const values = targets.map((name) => new TargetValues(name, requireColumn(reader.columns, name, '--target').kind));
  const learner = learnPreprocessing({ columns: choicesOf(reader.columns, choices) });
  let [rows, withoutTarget] = [0, 0];
  for await (const chunk of reader.chunks()) {
    for (const target of values) target.add(chunk.columns[target.name]);
    const known = knownRows(chunk, targets);
    const all = known === undefined ? chunk.columns : takeRows(chunk.columns, known);
    learner.add(Object.fromEntries(Object.entries(all).filter(([name]) => !targets.includes(name))));
    rows += known?.length ?? chunk.rows;
    withoutTarget += chunk.rows - (known?.length ?? chunk.rows);
  }
  const { task, reason } = decideTask(values, choices.task);
  if (rows < 2 * HELD_SHARE)
    throw new Failure(`The table has ${rows} rows with a target: too few to be streamed. Leave --stream out.`);
  return { preprocessing: learner.finish(), targets: values, task, reason, rows, withoutTarget };
}

/** A column as numbers: texts by their place in a list, NaN for missing values. */
class ColumnCodes {
  private readonly places = new Map<string, number>();
  private readonly texts: string[] = [];

  constructor(
    readonly name: string,
    private readonly kind: ReadKind,
  ) {}

  encode(value: ReadCell): number {
    if (value === null) return NaN;
    if (typeof value !== 'string') return Number(value);
    let place = this.places.get(value);
    if (place === undefined) {
      place = this.texts.push(value) - 1;
      this.places.set(value, place);
    }
    return place;
  }

  decode(number: number): ReadCell {
    if (Number.isNaN(number)) return null;
    if (this.kind === 'text') return this.texts[number];
    return this.kind === 'boolean' ? number === 1 : number;
  }
}

/** Writes the rows to the spool, but for those that are held out, which it returns. */
async function fill(
  spool: Spool,
  reader: TableReader,
  columns: readonly ColumnCodes[],
  { rows }: Learned,
  targets: readonly string[],
  seed: number,
): Promise<Columns> {
  const every = Math.max(HELD_SHARE, Math.ceil(rows / MOST_HELD));
  const held: Record<string, ReadCell[]> = Object.fromEntries(columns.map(({ name }) => [name, []]));
  const random = generator(seed, 0);
  let [row, next] = [0, 0];
  for await (const chunk of reader.chunks()) {
    const known = knownRows(chunk, targets);
    const count = known?.length ?? chunk.rows;
    const part = new Float64Array(count * columns.length);
    let written = 0;
    for (let i = 0; i < count; i++, row++) {
      const at = known?.[i] ?? i;
      // One row of each block is held out, drawn from the seed: every tenth one may always be of the same class.
      if (row % every === 0) next = row + uniformInt(random, 0, every - 1);
      if (row === next) {
        for (const { name } of columns) held[name].push(chunk.columns[name][at]);
        continue;
      }
      for (const column of columns) part[written++] = column.encode(chunk.columns[column.name][at]);
    }
    await spool.append(part.subarray(0, written));
  }
  await spool.flush();
  return held;
}

function decode(part: Float64Array, columns: readonly ColumnCodes[]): Columns {
  const width = columns.length;
  const rows = part.length / width;
  return Object.fromEntries(
    columns.map((column, at) => [
      column.name,
      Array.from({ length: rows }, (_, row) => column.decode(part[row * width + at])),
    ]),
  );
}

/** Scores the rows that were held out, and what the score loses without each column. */
async function judged(
  model: TableModel,
  { columns, targets, task }: TrainingTable,
  seed: number,
): Promise<CrossValidation> {
  const truth = targets.map((name) => columns[name]);
  const predictions = predictRows(model, columns);
  const losses = Object.create(null) as Record<string, readonly number[]>;
  for (const [name, values] of await importanceOf(model, task, columns, { seed, repeats: REPEATS }))
    losses[name] = values;
  const rows = Int32Array.from(truth[0], (_, row) => row);
  return { folds: [scoresOf(task, truth, predictions)], skipped: [], rows, predictions, losses };
}
