/**
 * Common part of `tableClassifier` and `tableRegressor`: options, the preprocessing that a fit learns, and the facade
 * of the last successful fit, which gets the rows as numbers. `classifier.ts` and `regressor.ts` read the targets.
 */
import { describe } from '../common/describe.js';
import { StateError, ValueError } from '../common/errors.js';
import { isRecord, setField } from '../common/options.js';
import type { CategoryColumn, History, MlpOptions, Model } from '../index.js';
import { columnsCheck, type ColumnChoices } from './choices.js';
import { addTableField, type TableField } from './field.js';
import { PreprocessingLearner, type PreprocessingOptions } from './learner.js';
import { joinedRows, type Preprocessing } from './preprocessing.js';
import { openTable, type OpenTable, type Table } from './table.js';
import { readTargetNames } from './targets.js';

/**
 * Options of `tableClassifier` and `tableRegressor`: those of `mlpClassifier`, and kinds of columns.
 * @category Tables
 */
export interface TableModelOptions extends Omit<MlpOptions, 'standardize' | 'categories'>, PreprocessingOptions {}

/** Options of a facade, and the choices of kinds. */
export interface SettledTableOptions {
  readonly choices: ColumnChoices;
  readonly facade: MlpOptions;
}

/** Options that the preprocessing decides. */
export const DECIDED: readonly string[] = ['standardize', 'categories'];

/** Splits options into kinds of columns and those of the facade, which `check` reads. */
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
  for (const name of Object.keys(options ?? {})) {
    const value = options![name];
    if (DECIDED.includes(name)) {
      throw new ValueError(`${where}: unknown option ${describe(name)}. The columns of the table decide it.`);
    }
    if (name !== 'columns') setField(facade, name, value);
    else if (value !== undefined) choices = columnsCheck(`${where}: columns`, value);
  }
  check(facade);
  return { choices, facade };
}

/** What is used of `mlpClassifier` and `mlpRegressor`. */
interface Facade {
  readonly model: Model;
  save(): Uint8Array;
  dispose(): void;
}

/** A facade that was fitted, and what was learned of the columns. */
export interface FittedTable<F> extends Omit<TableField, 'choices'> {
  readonly facade: F;
}

/** Rows for a facade. */
export interface TableRowsFor {
  readonly x: Float32Array;
  readonly table: OpenTable;
}

/** Returns the embeddings of a preprocessing as facades take them. */
const categoriesFor = ({ embeddings }: Preprocessing): CategoryColumn[] =>
  embeddings.map(({ places, length }) => ({ inputDim: places, outputDim: length }));

/** Trains a new facade at each fit, and predicts with the last one whose fit succeeded. */
export class TableEstimator<F extends Facade> {
  /** Number of `dispose` calls: a fit that began before one of them ends. */
  private disposals = 0;
  /** Facades in training. */
  private readonly training = new Set<F>();

  constructor(
    private readonly where: string,
    private readonly settings: SettledTableOptions,
    private readonly makeFacade: (options: MlpOptions) => F,
    private fitted?: FittedTable<F>,
  ) {}

  /** Learns the preprocessing of a table, and trains a facade by `train` on its rows. */
  async fit(
    table: Table,
    target: unknown,
    train: (facade: F, x: Float32Array, open: OpenTable, targets: readonly string[]) => Promise<History>,
  ): Promise<History> {
    const where = `${this.where}.fit`;
    const open = openTable(where, table);
    const targets = readTargetNames(where, open, target);
    const learner = new PreprocessingLearner(this.settings.choices, new Set(targets), where);
    const preprocessing = learner.addOpen(open).finish();
    const x = joinedRows(preprocessing.transformOpen(where, open));
    const facade = this.makeFacade({
      ...this.settings.facade,
      standardize: false,
      categories: categoriesFor(preprocessing),
    });
    const { disposals } = this;
    this.training.add(facade);
    try {
      const history = await train(facade, x, open, targets);
      if (disposals !== this.disposals) {
        throw new StateError(`${where}: a live model expected, got one that was disposed.`);
      }
      this.fitted?.facade.dispose();
      this.fitted = { facade, preprocessing, targets };
      return history;
    } catch (error) {
      // The facade of an earlier fit stays.
      facade.dispose();
      throw error;
    } finally {
      this.training.delete(facade);
    }
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
    return { x: joinedRows(preprocessing.transformOpen(where, open)), table: open };
  }

  /** Returns the names of the targets, all of which the table has to have. */
  targetsIn(call: string, open: OpenTable): readonly string[] {
    return readTargetNames(`${this.where}.${call}`, open, this.requireFitted(call).targets);
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
