/** Columns of numbers: standardized in float64, the median where a value is missing, and whether it was. */
import { describe } from '../../common/describe.js';
import { ValueError } from '../../common/errors.js';
import { NOISE } from '../../common/rounding.js';
import { numberOf } from '../cells.js';
import { Median, Moments } from '../statistics.js';
import {
  missingName,
  type Column,
  type ColumnLearner,
  type DropReason,
  type Fields,
  type Kind,
  type Seen,
} from './column.js';

/** What is learned of numbers. */
export interface Scale {
  readonly mean: number;
  /** Standard deviation, or 1 where all numbers are the same. */
  readonly deviation: number;
  readonly median: number;
  /** Whether values were missing. */
  readonly missing: boolean;
}

/** Learns the scale of numbers that come one at a time. */
export class ScaleLearner {
  private readonly moments = new Moments();
  private readonly median = new Median();

  add(value: number): void {
    this.moments.add(value);
    this.median.add(value);
  }

  /** @throws ValueError where a double does not hold the variance. */
  finish(name: string, { where, missing }: Seen): Scale | DropReason {
    const { mean, deviation } = this.moments;
    if (!Number.isFinite(deviation)) {
      throw new ValueError(
        `${where}: column ${describe(name)} expected numbers whose variance a double holds, got ${deviation}.`,
      );
    }
    // Numbers that differ by the rounding of their computation are one number.
    const constant = deviation <= NOISE * Math.abs(mean);
    if (constant && missing === 0) return 'constant';
    return {
      mean,
      deviation: constant ? 1 : deviation,
      median: this.median.value(),
      missing: missing > 0,
    };
  }
}

/** Reads a scale that was saved. @throws FormatError, also where float32 does not hold the standardized median. */
export function readScale(fields: Fields): Scale {
  const mean = fields.number('mean');
  const deviation = fields.scale('deviation');
  const holds = (value: unknown): boolean =>
    Number.isFinite(value) && Number.isFinite(Math.fround(((value as number) - mean) / deviation));
  const median = fields.take<number>('median', 'a number of the size of the mean', holds) + 0;
  return { mean, deviation, median, missing: fields.flag('missing') };
}

const TOO_LARGE = 'numbers of the size of those in training';

/** Writes a number, or the median for undefined, as the scale says. */
export function writeScaled(scale: Scale, value: number | undefined, into: Float32Array, at: number): void {
  into[at] = ((value ?? scale.median) - scale.mean) / scale.deviation;
}

class NumberColumn implements Column {
  readonly places = 0;
  readonly names: readonly string[];

  constructor(
    name: string,
    private readonly scale: Scale,
  ) {
    this.names = scale.missing ? [name, missingName(name)] : [name];
  }

  write(value: unknown, into: Float32Array, at: number): string | undefined {
    const number = numberOf(value);
    if (number === undefined && value !== undefined) return numberKind.values;
    writeScaled(this.scale, number, into, at);
    if (this.scale.missing) into[at + 1] = number === undefined ? 1 : 0;
    return Number.isFinite(into[at]) ? undefined : TOO_LARGE;
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return { ...this.scale };
  }

  describe(): string {
    const { mean, deviation, median } = this.scale;
    return `mean ${brief(mean)}, deviation ${brief(deviation)}, median ${brief(median)}`;
  }
}

/** Returns a number with four digits. */
const brief = (value: number): string => String(Number(value.toPrecision(4)));

class NumberLearner implements ColumnLearner {
  private readonly scale = new ScaleLearner();

  add(value: unknown): boolean {
    const number = numberOf(value);
    if (number === undefined) return false;
    this.scale.add(number);
    return true;
  }

  finish(name: string, seen: Seen): Column | DropReason {
    const scale = this.scale.finish(name, seen);
    return typeof scale === 'string' ? scale : new NumberColumn(name, scale);
  }
}

/** Kind of columns of numbers. */
export const numberKind: Kind = {
  values: 'finite numbers',
  learner: () => new NumberLearner(),
  read: (name, fields) => new NumberColumn(name, readScale(fields)),
};
