/**
 * Columns of categories. Up to 20 values: a number for each, 1 for the value that a row has (one-hot). More: a place in
 * an embedding, whose vectors the network learns. Values that were not seen have a place of their own, and so do
 * missing ones if there were any.
 */
import { textOf } from '../cells.js';
import { missingName, type Column, type ColumnLearner, type DropReason, type Kind, type Seen } from './column.js';

/** Most values that become a number each. */
const MOST_NUMBERS = 20;

/** Most values that have a place in an embedding: those that most rows have. */
const MOST_PLACES = 10_000;

/** Most different values that are counted, and most characters of them; further ones count as not seen. */
const MOST_COUNTED = 131_072;
const MOST_CHARACTERS = 16_777_216;

/** Orders texts by their code units, whatever the language of the machine. */
const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const TEXTS = 'texts';
const VALUES = 'texts, numbers, dates, true or false';

/** Returns the text of a value: only of text, unless the caller chose that values are categories. */
const categoryOf = (value: unknown, chosen: boolean): string | undefined =>
  chosen || typeof value === 'string' ? textOf(value) : undefined;

class CategoryColumn implements Column {
  readonly names: readonly string[];
  readonly places: number;
  /** Places of the values; behind them that of values that were not seen, then that of missing ones. */
  private readonly index: ReadonlyMap<string, number>;

  constructor(
    name: string,
    private readonly values: readonly string[],
    private readonly missing: boolean,
    private readonly embedded: boolean,
    private readonly chosen: boolean,
  ) {
    this.index = new Map(values.map((value, place) => [value, place]));
    const all = values.length + (missing ? 2 : 1);
    this.places = embedded ? all : 0;
    const others = missing ? [`${name} unseen`, missingName(name)] : [`${name} unseen`];
    this.names = embedded ? [] : [...values.map((value) => `${name}=${value}`), ...others];
  }

  write(value: unknown, into: Float32Array, at: number): string | undefined {
    const text = categoryOf(value, this.chosen);
    if (text === undefined && value !== undefined) return this.chosen ? VALUES : TEXTS;
    const place = this.placeOf(text);
    if (this.embedded) into[at] = place;
    else {
      into.fill(0, at, at + this.names.length);
      into[at + place] = 1;
    }
    return undefined;
  }

  private placeOf(text: string | undefined): number {
    const unseen = this.values.length;
    return text === undefined ? unseen + (this.missing ? 1 : 0) : (this.index.get(text) ?? unseen);
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return { values: this.values, missing: this.missing, embedded: this.embedded, chosen: this.chosen };
  }

  describe(): string {
    const { values, embedded } = this;
    const shown = values.slice(0, 5).map((value) => (value.length > 20 ? `${value.slice(0, 20)}…` : value));
    const list = `${shown.join(', ')}${values.length > 5 ? ', …' : ''}`;
    return `${values.length} values${embedded ? ' in an embedding' : ''}: ${list}`;
  }
}

class CategoryLearner implements ColumnLearner {
  private readonly counts = new Map<string, number>();
  private characters = 0;
  private rows = 0;
  /** Whether there were more values than are counted. */
  private uncounted = 0;

  constructor(private readonly chosen: boolean) {}

  add(value: unknown): boolean {
    const text = categoryOf(value, this.chosen);
    if (text === undefined) return false;
    this.rows += 1;
    const count = this.counts.get(text);
    if (count !== undefined) this.counts.set(text, count + 1);
    else if (this.counts.size < MOST_COUNTED && this.characters + text.length <= MOST_CHARACTERS) {
      this.counts.set(text, 1);
      this.characters += text.length;
    } else this.uncounted += 1;
    return true;
  }

  finish(name: string, { missing, chosen }: Seen): Column | DropReason {
    const { counts } = this;
    if (counts.size === 1 && this.uncounted === 0 && missing === 0) return 'constant';
    const embedded = counts.size > MOST_NUMBERS;
    if (embedded && !chosen && 2 * (counts.size + this.uncounted) > this.rows) return 'identifier';
    // Of many values, one that a single row has says nothing of others: it trains the place of those not seen.
    const kept = embedded ? [...counts].filter(([, count]) => count > 1) : [...counts];
    const values = kept
      .sort(([a, first], [b, second]) => second - first || byCodeUnits(a, b))
      .slice(0, MOST_PLACES)
      .map(([value]) => value)
      .sort(byCodeUnits);
    return new CategoryColumn(name, values, missing > 0, embedded, this.chosen);
  }
}

const isTextList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length <= MOST_PLACES &&
  value.every((text, place) => typeof text === 'string' && (place === 0 || value[place - 1] < text));

/** Kind of columns of categories. */
export const categoryKind: Kind = {
  values: TEXTS,
  learner: (chosen) => new CategoryLearner(chosen),
  read: (name, fields) => {
    const values = fields.take<string[]>('values', `at most ${MOST_PLACES} different texts in order`, isTextList);
    const embedded = fields.take<boolean>(
      'embedded',
      `true or false, false for at most ${MOST_NUMBERS} values alone`,
      (value) => value === true || (value === false && values.length <= MOST_NUMBERS),
    );
    return new CategoryColumn(name, values, fields.flag('missing'), embedded, fields.flag('chosen'));
  },
};
