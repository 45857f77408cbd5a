/**
 * Learns the preprocessing of a table from its rows, which may come in chunks: of each column its kind and its
 * statistics, in the order of the rows, so that chunks of any size give the same bits.
 */
import { describe } from '../common/describe.js';
import { ShapeError, StateError, ValueError } from '../common/errors.js';
import { nearest } from '../common/nearest.js';
import { readOptions } from '../common/options.js';
import { isMissing } from './cells.js';
import { columnsCheck, type ColumnChoice, type ColumnChoices } from './choices.js';
import type { ColumnKind, ColumnLearner, DropReason, Seen } from './columns/column.js';
import { KIND_NAMES, KINDS } from './columns/kinds.js';
import { Preprocessing, refuseValue, type UsedColumn } from './preprocessing.js';
import type { DroppedColumn, Schema } from './schema.js';
import { openTable, type OpenTable, type Table } from './table.js';

/**
 * Options of `learnPreprocessing` and `inferSchema`.
 * @category Tables
 */
export interface PreprocessingOptions {
  /**
   * Kinds of columns by name, for those that are not to be inferred: 'number', 'boolean', 'date', which then takes
   * milliseconds since 1970 too, 'category', which then takes any values, or 'drop'.
   */
  columns?: Readonly<Record<string, ColumnChoice>>;
}

/** Values of all kinds, for messages. */
const ANY = 'finite numbers, texts, dates, true or false';

/** What is known of a column so far. */
class ColumnSoFar {
  missing = 0;
  /** Learners of the kinds that have taken all values, undefined before the first value. */
  private candidates: Map<ColumnKind, ColumnLearner> | undefined;

  constructor(
    private readonly name: string,
    private readonly choice: ColumnKind | undefined,
    /** Rows before the column appeared, whose values are missing. */
    before: number,
  ) {
    this.missing = before;
  }

  add(where: string, value: unknown, row: number): void {
    if (isMissing(value)) {
      this.missing += 1;
      return;
    }
    this.candidates ??= new Map(
      (this.choice === undefined ? KIND_NAMES : [this.choice]).map((kind) => [
        kind,
        KINDS[kind].learner(this.choice !== undefined),
      ]),
    );
    const before = [...this.candidates.keys()];
    for (const [kind, learner] of this.candidates) if (!learner.add(value)) this.candidates.delete(kind);
    if (this.candidates.size > 0) return;
    const { name } = this;
    if (this.choice !== undefined) refuseValue(where, name, KINDS[this.choice].values, value, row);
    if (before.length === KIND_NAMES.length) refuseValue(where, name, ANY, value, row);
    const expected = `${KINDS[before[0]].values} as in the rows before`;
    const hint = ` To take each value as a category, write columns: { ${JSON.stringify(name)}: "category" }.`;
    refuseValue(where, name, expected, value, row, hint);
  }

  finish(where: string): UsedColumn | DropReason {
    const { name, missing, choice } = this;
    if (this.candidates === undefined) return 'empty';
    const [[kind, learner]] = this.candidates;
    const seen: Seen = { where, missing, chosen: choice !== undefined };
    const column = learner.finish(name, seen);
    return typeof column === 'string' ? column : { name, kind, missing, column };
  }
}

/**
 * Learns the preprocessing of a table whose rows come in chunks, made by `learnPreprocessing`.
 * @category Tables
 */
export class PreprocessingLearner {
  private readonly columns = new Map<string, ColumnSoFar | 'excluded'>();
  private rows = 0;
  private failed = false;

  /** Internal: users call `learnPreprocessing`. @internal */
  constructor(
    private readonly choices: ColumnChoices,
    /** Columns that are no inputs, such as targets, and are not reported. */
    private readonly others: ReadonlySet<string> = new Set(),
    private readonly where = 'learnPreprocessing',
  ) {}

  /**
   * Takes the next rows. Chunks of any size give the same result; they need not have all columns: a value is missing
   * where its column is not there.
   * @throws ValueError for a value of another kind than those before it, by column and row; StateError after such an
   * error.
   */
  add(chunk: Table): this {
    return this.addOpen(openTable(this.where, chunk));
  }

  /** `add` of a table whose form was checked. @internal */
  addOpen(table: OpenTable): this {
    if (this.failed)
      throw new StateError(`${this.where}: rows expected no more, since some were refused. Start again.`);
    this.failed = true;
    for (const name of table.names) {
      if (this.columns.has(name) || this.others.has(name)) continue;
      const choice = this.choices.get(name);
      this.columns.set(name, choice === 'drop' ? 'excluded' : new ColumnSoFar(name, choice, this.rows));
    }
    const there = new Set(table.names);
    for (const [name, column] of this.columns) {
      if (column === 'excluded') continue;
      if (!there.has(name)) {
        column.missing += table.rows;
        continue;
      }
      const values = table.column(name);
      for (let row = 0; row < table.rows; row++) column.add(this.where, values[row], this.rows + row);
    }
    this.rows += table.rows;
    this.failed = false;
    return this;
  }

  /**
   * Returns the preprocessing of the rows so far.
   * @throws ShapeError if there were none; ValueError if no column is left, or a column that `columns` names was not
   * there.
   */
  finish(): Preprocessing {
    const { where, rows } = this;
    if (this.failed) throw new StateError(`${where}: rows expected that are not refused. Start again.`);
    if (rows === 0) throw new ShapeError(`${where}: table expected at least one row, got none.`);
    const names = [...this.columns.keys()];
    for (const name of this.choices.keys()) {
      if (this.columns.has(name) || this.others.has(name)) continue;
      const similar = nearest(name, names);
      const hint =
        similar === undefined
          ? ` There are: ${names.slice(0, 100).join(', ')}.`
          : ` Did you mean ${describe(similar)}?`;
      throw new ValueError(`${where}: columns names ${describe(name)}, which the table does not have.${hint}`);
    }
    const used: UsedColumn[] = [];
    const dropped: DroppedColumn[] = [];
    for (const [name, column] of this.columns) {
      const result = column === 'excluded' ? column : column.finish(where);
      if (typeof result === 'string') dropped.push({ name, reason: result });
      else used.push(result);
    }
    if (used.length > 0) return new Preprocessing(rows, used, dropped);
    const why = dropped.slice(0, 20).map(({ name, reason }) => `${describe(name)} (${reason})`);
    throw new ValueError(`${where}: table expected at least one column to learn from, got none but ${why.join(', ')}.`);
  }
}

/**
 * Starts to learn the preprocessing of a table. What is learned of a column:
 *
 * - **number** (numbers, and bigints up to 2^53): mean and standard deviation of the values, in float64, by which they
 *   are standardized before they are rounded to float32; the median, for missing values; if there were any, a second
 *   number says whether the value is missing. Numbers are quantities, however few they are: choose 'category' for
 *   codes.
 * - **boolean**: 0 or 1, the median for missing values, and whether they are.
 * - **date** (Date, or ISO 8601 text; without a zone, in UTC): days, standardized like numbers, and the position in the
 *   year, the week and the day, each as cosine and sine, where the dates differ in it.
 * - **category** (text, also of digits, such as 007): up to 20 values, a number for each; more, a place in an
 *   embedding, for values that at least two rows have. Values that were not seen have their own place, and missing ones
 *   if there were any.
 *
 * Columns that are left out: `constant` (one value, none missing), `empty`, and `identifier`: text with more than 20
 * values, each in fewer than two rows on average.
 *
 * The median is exact for up to 262,144 values of a column; of more it is that of every second, fourth, … of them.
 * @throws ValueError for an unknown option.
 * @example
 * const learner = learnPreprocessing({ columns: { id: 'drop' } });
 * learner.add([{ id: 1, age: 30, town: 'Lyon' }, { id: 2, age: null, town: 'Oslo' }]);
 * learner.add({ id: [3, 4], age: [50, 40], town: ['Oslo', 'Rome'] });
 * const preprocessing = learner.finish();
 * preprocessing.features; // ['age', 'age missing', 'town=Lyon', 'town=Oslo', 'town=Rome', 'town unseen']
 * preprocessing.transform([{ age: 40, town: 'Riga' }]).numbers; // [0, 0, 0, 0, 0, 1]
 * @category Tables
 */
export function learnPreprocessing(options?: PreprocessingOptions): PreprocessingLearner {
  return new PreprocessingLearner(readChoices('learnPreprocessing', options));
}

const readChoices = (where: string, options: PreprocessingOptions | undefined): ColumnChoices =>
  readOptions<{ columns: ColumnChoices }>(where, options, {
    columns: { check: columnsCheck, or: new Map() },
  }).columns;

/**
 * Returns the kinds of a table's columns, by the rules of `learnPreprocessing`, and those that are left out.
 * @throws ValueError for a column whose values are of different kinds, by column and row; ShapeError for a table without rows.
 * @example
 * const { columns, dropped } = inferSchema([
 *   { born: '1990-03-01', code: '007', planet: 'Earth' },
 *   { born: '1985-11-30', code: '008', planet: 'Earth' },
 * ]);
 * columns.map(({ name, kind }) => [name, kind]); // [['born', 'date'], ['code', 'category']]
 * dropped; // [{ name: 'planet', reason: 'constant' }]
 * @category Tables
 */
export function inferSchema(table: Table, options?: PreprocessingOptions): Schema {
  const where = 'inferSchema';
  const learner = new PreprocessingLearner(readChoices(where, options), new Set(), where);
  return learner.addOpen(openTable(where, table)).finish().schema;
}
