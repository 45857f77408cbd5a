/** Columns of true and false: 1 and 0, the median where a value is missing, and whether it was. */
import { missingName, type Column, type ColumnLearner, type DropReason, type Kind, type Seen } from './column.js';

class BooleanColumn implements Column {
  readonly places = 0;
  readonly names: readonly string[];

  constructor(
    name: string,
    private readonly share: number,
    private readonly missing: boolean,
  ) {
    this.names = missing ? [name, missingName(name)] : [name];
  }

  write(value: unknown, into: Float32Array, at: number): string | undefined {
    if (value !== undefined && typeof value !== 'boolean') return booleanKind.values;
    into[at] = value === undefined ? median(this.share) : Number(value);
    if (this.missing) into[at + 1] = value === undefined ? 1 : 0;
    return undefined;
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return { share: this.share, missing: this.missing };
  }

  describe(): string {
    return `true in ${Math.round(1000 * this.share) / 10} %`;
  }
}

/** Returns the median of values of which this share is 1 and the rest 0. */
const median = (share: number): number => (share === 0.5 ? 0.5 : share > 0.5 ? 1 : 0);

class BooleanLearner implements ColumnLearner {
  private trues = 0;
  private count = 0;

  add(value: unknown): boolean {
    if (typeof value !== 'boolean') return false;
    this.trues += Number(value);
    this.count += 1;
    return true;
  }

  finish(name: string, { missing }: Seen): Column | DropReason {
    if (missing === 0 && (this.trues === 0 || this.trues === this.count)) return 'constant';
    return new BooleanColumn(name, this.trues / this.count, missing > 0);
  }
}

/** Kind of columns of true and false. */
export const booleanKind: Kind = {
  values: 'true or false',
  learner: () => new BooleanLearner(),
  read: (name, fields) =>
    new BooleanColumn(
      name,
      fields.take('share', 'a number from 0 to 1', (value) => Number.isFinite(value) && isShare(value as number)),
      fields.flag('missing'),
    ),
};

const isShare = (value: number): boolean => value >= 0 && value <= 1;
