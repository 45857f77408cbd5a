/**
 * Columns of dates, in UTC: days since 1970, standardized, and the position in the year, in the week and in the day as
 * a point on a circle, for those in which the dates of the training differ.
 */
import { numberOf, timeOf } from '../cells.js';
import { daysOf, isTime, onCircle, parseDate, positionsOf, type Positions } from '../calendar.js';
import { missingName, type Column, type ColumnLearner, type DropReason, type Kind, type Seen } from './column.js';
import { readScale, ScaleLearner, writeScaled, type Scale } from './number.js';

type Circle = keyof Positions;

const CIRCLES: readonly Circle[] = ['year', 'week', 'day'];

/**
 * Returns the time of a Date, of ISO 8601 text, or, where the caller chose the kind, of milliseconds since 1970;
 * undefined for anything else.
 */
function dateOf(value: unknown, chosen: boolean): number | undefined {
  if (typeof value === 'string') return parseDate(value);
  const time = timeOf(value) ?? (chosen ? numberOf(value) : undefined);
  return time === undefined || !isTime(time) ? undefined : time;
}

class DateColumn implements Column {
  readonly places = 0;
  readonly names: readonly string[];

  constructor(
    name: string,
    private readonly scale: Scale,
    private readonly circles: readonly Circle[],
    private readonly chosen: boolean,
  ) {
    const points = circles.flatMap((circle) => [`${name} ${circle} cos`, `${name} ${circle} sin`]);
    this.names = [name, ...points, ...(scale.missing ? [missingName(name)] : [])];
  }

  write(value: unknown, into: Float32Array, at: number): string | undefined {
    const { scale, circles } = this;
    const time = dateOf(value, this.chosen);
    if (time === undefined && value !== undefined) return dateKind.values;
    writeScaled(scale, time === undefined ? undefined : daysOf(time), into, at);
    const positions = time === undefined ? undefined : positionsOf(time);
    circles.forEach((circle, index) => {
      // The centre of the circle is as far from all dates.
      const [cosine, sine] = positions === undefined ? [0, 0] : onCircle(positions[circle]);
      into[at + 1 + 2 * index] = cosine;
      into[at + 2 + 2 * index] = sine;
    });
    if (scale.missing) into[at + 1 + 2 * circles.length] = time === undefined ? 1 : 0;
    return undefined;
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return { ...this.scale, circles: [...this.circles], chosen: this.chosen };
  }

  describe(): string {
    const { circles, scale } = this;
    const point = circles.length === 0 ? '' : `, position in the ${circles.join(', ')}`;
    const time = 86_400_000 * scale.median;
    return `median ${isTime(time) ? new Date(time).toISOString().slice(0, 10) : String(time)}${point}`;
  }
}

class DateLearner implements ColumnLearner {
  private readonly scale = new ScaleLearner();
  private first: Positions | undefined;
  private readonly differing = new Set<Circle>();

  constructor(private readonly chosen: boolean) {}

  add(value: unknown): boolean {
    const time = dateOf(value, this.chosen);
    if (time === undefined) return false;
    this.scale.add(daysOf(time));
    if (this.differing.size === CIRCLES.length) return true;
    const positions = positionsOf(time);
    const first = (this.first ??= positions);
    for (const circle of CIRCLES) if (positions[circle] !== first[circle]) this.differing.add(circle);
    return true;
  }

  finish(name: string, seen: Seen): Column | DropReason {
    const scale = this.scale.finish(name, seen);
    if (typeof scale === 'string') return scale;
    return new DateColumn(
      name,
      scale,
      CIRCLES.filter((circle) => this.differing.has(circle)),
      this.chosen,
    );
  }
}

/** Kind of columns of dates. */
export const dateKind: Kind = {
  values: 'dates, as Date or in ISO 8601 (2026-01-31, 2026-01-31T09:30Z)',
  learner: (chosen) => new DateLearner(chosen),
  read: (name, fields) => {
    const scale = readScale(fields);
    const circles = fields.take<Circle[]>(
      'circles',
      `some of ${CIRCLES.join(', ')} in this order`,
      (value) => Array.isArray(value) && isPartOf(value),
    );
    return new DateColumn(name, scale, circles, fields.flag('chosen'));
  },
};

/** Whether a list has some of the circles, each once and in their order. */
function isPartOf(list: readonly unknown[]): boolean {
  const some = CIRCLES.filter((circle) => list.includes(circle));
  return some.length === list.length && some.every((circle, index) => circle === list[index]);
}
