/**
 * Common part of `tableClassifier` and `tableRegressor`: options, the preprocessing that a fit learns, and the facade
 * of the last successful fit, which gets the rows as numbers. `classifier.ts` and `regressor.ts` read the targets.
 */
import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { StateError, ValueError } from '../common/errors.js';
import { isInstance } from '../common/objects.js';
import { isRecord, setField } from '../common/options.js';
import type { ColumnEmbedding, History, MlpOptions, Model, PartialFitOptions } from '../index.js';
import { columnsCheck, type ColumnChoices } from './choices.js';
import { addTableField, type TableField } from './field.js';
import { PreprocessingLearner, type PreprocessingOptions } from './learner.js';
import { joinedRows, Preprocessing } from './preprocessing.js';
import { openTable, type OpenTable, type Table } from './table.js';
import { readTargetNames } from './targets.js';

/**
 * Options of `tableClassifier` and `tableRegressor`: those of `mlpClassifier`, and what is known of the columns.
 * @category Tables
 */
export interface TableModelOptions extends Omit<MlpOptions, 'standardize' | 'embeddings'>, PreprocessingOptions {
  /**
   * Preprocessing that was learned before, of all chunks of a table that is too large for memory, without the targets:
   * `fit` and `partialFit` then learn none. Default that of the rows of `fit`, or of the first `partialFit`.
   */
  preprocessing?: Preprocessing;
}

/**
 * Options of `fit` of table models: those of `mlpClassifier.fit`, with rows to validate on as a table.
 * @category Tables
 */
export interface TableModelFitOptions extends Omit<PartialFitOptions, 'featureNames'> {
  /**
   * Rows to validate on after each epoch: a share of those given, drawn from the seed, or a table with the targets. The
   * preprocessing is learned of all rows given. Default none.
   */
  validation?: number | Table;
}

/** Options of a facade, and what the caller says of the columns. */
export interface SettledTableOptions {
  readonly choices: ColumnChoices;
  readonly preprocessing: Preprocessing | undefined;
  readonly facade: MlpOptions;
}

/** Options that the preprocessing decides. */
export const DECIDED: readonly string[] = ['standardize', 'embeddings'];

function requirePreprocessing(path: string, value: unknown): Preprocessing {
  if (isInstance(value, Preprocessing)) return value;
  throw new ValueError(`${path} expected what finish() of learnPreprocessing returned, got ${describe(value)}.`);
}

/** Splits options into what is said of columns and those of the facade, which `check` reads. */
export function readTableOptions(
  where: string,
  options: unknown,
  check: (options: MlpOptions) => unknown,
): SettledTableOptions {
  if (options !== undefined && !isRecord(options)) {
    throw new ValueError(`${where}: options expected an object, got ${describe(options)}.`);
  }
  const facade: Record<string, unknown> = {};
  let choices: ColumnChoices = new Map();
  let preprocessing: Preprocessing | undefined;
  for (const name of Object.keys(options ?? {})) {
    const value = options![name];
    if (DECIDED.includes(name)) {
      throw new ValueError(`${where}: unknown option ${describe(name)}. The columns of the table decide it.`);
    }
    if (value === undefined) continue;
    if (name === 'columns') choices = columnsCheck(`${where}: columns`, value);
    else if (name === 'preprocessing') preprocessing = requirePreprocessing(`${where}: preprocessing`, value);
    else setField(facade, name, value);
  }
  check(facade);
  return { choices, preprocessing, facade };
}

/** What is used of `mlpClassifier` and `mlpRegressor`. */
export interface Facade {
  readonly model: Model;
  save(): Uint8Array;
  dispose(): void;
}

/** A facade that was fitted, and what was learned of the columns. */
export interface FittedTable<F> extends Omit<TableField, 'choices'> {
  readonly facade: F;
}

/** Rows for a facade, and the table that they were. */
export interface TableRowsFor {
  readonly x: Float32Array;
  readonly open: OpenTable;
}

/** Rows and targets of a table for a facade. */
export interface TrainingTable<Y> {
  readonly x: Float32Array;
  readonly y: Y;
}

/** Returns the embeddings of a preprocessing as facades take them: they are the last columns. */
export const embeddingsFor = ({ features, embeddings }: Preprocessing): ColumnEmbedding[] =>
  embeddings.map(({ places, length }, index) => ({
    column: features.length + index,
    categories: places,
    units: length,
  }));

/** Trains a facade at each fit, and predicts with the last one whose fit succeeded. */
export class TableEstimator<F extends Facade, Y> {
  /** Number of `dispose` calls: a fit that began before one of them ends. */
  private disposals = 0;
  /** Facades in training. */
  private readonly training = new Set<F>();

  constructor(
    private readonly where: string,
    private readonly settings: SettledTableOptions,
    private readonly makeFacade: (options: MlpOptions) => F,
    /** Reads the targets of a table; `whole`: whether they have to differ. */
    private readonly readTargets: (where: string, table: OpenTable, names: readonly string[], whole: boolean) => Y,
    private fitted?: FittedTable<F>,
  ) {}

  /**
   * Learns the preprocessing of a table unless it is known, and trains a facade by `train` on its rows. In place where
   * training goes on: in `partialFit`, and with `warmStart`.
   */
  async fit(
    call: 'fit' | 'partialFit',
    table: Table,
    target: unknown,
    options: unknown,
    train: (facade: F, part: TrainingTable<Y>, options: object) => Promise<History>,
  ): Promise<History> {
    const where = `${this.where}.${call}`;
    const { settings, disposals } = this;
    const open = openTable(where, table);
    const targets = readTargetNames(where, open, target);
    const before = call === 'partialFit' || settings.facade.warmStart === true ? this.fitted : undefined;
    if (before !== undefined && before.targets.join('\n') !== targets.join('\n')) {
      throw new ValueError(
        `${where}: target expected ${describe(before.targets)} as before, got ${describe(targets)}.`,
      );
    }
    const y = this.readTargets(where, open, targets, before === undefined && call === 'fit');
    const preprocessing = before?.preprocessing ?? settings.preprocessing ?? this.learn(where, open, targets);
    const rest = this.readFitOptions(where, options, preprocessing, targets);
    const x = joinedRows(preprocessing.transformOpen(where, open));
    const facade =
      before?.facade ??
      this.makeFacade({ ...settings.facade, standardize: false, embeddings: embeddingsFor(preprocessing) });
    this.training.add(facade);
    try {
      const history = await train(facade, { x, y }, rest);
      if (disposals !== this.disposals) {
        throw new StateError(`${where}: a live model expected, got one that was disposed.`);
      }
      if (this.fitted?.facade !== facade) this.fitted?.facade.dispose();
      this.fitted = { facade, preprocessing, targets };
      return history;
    } catch (error) {
      // The facade of an earlier fit stays.
      if (before === undefined) facade.dispose();
      throw error;
    } finally {
      this.training.delete(facade);
    }
  }

  private learn(where: string, open: OpenTable, targets: readonly string[]): Preprocessing {
    return new PreprocessingLearner(this.settings.choices, new Set(targets), where).addOpen(open).finish();
  }

  /** Returns options for the facade: rows to validate on become numbers. */
  private readFitOptions(
    where: string,
    options: unknown,
    preprocessing: Preprocessing,
    targets: readonly string[],
  ): object {
    if (options === undefined) return {};
    if (!isRecord(options)) throw new ValueError(`${where}: options expected an object, got ${describe(options)}.`);
    const rest: Record<string, unknown> = {};
    for (const name of Object.keys(options)) {
      const value = options[name];
      if (name === 'featureNames') {
        throw new ValueError(`${where}: unknown option "featureNames". The table has names.`);
      }
      if (name !== 'validation' || !(isRecord(value) || isList(value))) setField(rest, name, value);
      else {
        const held = openTable(`${where}: validation`, value);
        readTargetNames(`${where}: validation`, held, targets);
        const y = this.readTargets(`${where}: validation`, held, targets, false);
        rest.validation = { x: joinedRows(preprocessing.transformOpen(`${where}: validation`, held)), y };
      }
    }
    return rest;
  }

  /** Returns what the last successful fit made. */
  requireFitted(call: string): FittedTable<F> {
    if (this.fitted === undefined) {
      throw new StateError(`${this.where}.${call}: a fitted model expected, got one that is not. Call fit first.`);
    }
    return this.fitted;
  }

  /** Returns the rows of a table for the facade. */
  rowsFor(call: string, table: Table): TableRowsFor {
    const { preprocessing } = this.requireFitted(call);
    const where = `${this.where}.${call}`;
    const open = openTable(where, table);
    return { x: joinedRows(preprocessing.transformOpen(where, open)), open };
  }

  /** Returns the rows and the targets of a table, which has to have them. */
  partFor(call: string, table: Table): TrainingTable<Y> {
    const { targets } = this.requireFitted(call);
    const { x, open } = this.rowsFor(call, table);
    const where = `${this.where}.${call}`;
    readTargetNames(where, open, targets);
    return { x, y: this.readTargets(where, open, targets, false) };
  }

  save(): Uint8Array {
    const { facade, preprocessing, targets } = this.requireFitted('save');
    const { choices } = this.settings;
    return addTableField(`${this.where}.save`, facade.save(), { preprocessing, targets, choices });
  }

  /** Text for consoles: whether there is a fitted facade, and of which columns. */
  get state(): string {
    if (this.fitted === undefined) return 'not fitted';
    const { preprocessing, targets } = this.fitted;
    return `${preprocessing.schema.columns.length} columns → ${targets.join(', ')}`;
  }

  dispose(): void {
    this.disposals += 1;
    for (const facade of this.training) facade.dispose();
    this.fitted?.facade.dispose();
    this.fitted = undefined;
  }
}
