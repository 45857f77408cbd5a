/**
 * What is to be predicted: reads the values of a target, decides whether they are classes or quantities, and says why,
 * so that somebody can overrule it.
 */
import { Failure } from '../failure.js';
import type { ReadCell, ReadKind } from '../reading/reader.js';
import { thousands } from '../terminal/layout.js';

export type Task = 'classification' | 'regression' | 'multilabel';
export const TASKS: readonly Task[] = ['classification', 'regression', 'multilabel'];

/** Integers are classes if there are at most so many, each in so many rows on average: the rule of `inferTask`. */
const MOST_INTEGER_CLASSES = 20;
const ROWS_PER_INTEGER_CLASS = 10;
/** More classes than this are hardly ever meant. */
const MOST_CLASSES = 1000;

/** What is known of the values of one target. */
export class TargetValues {
  rows = 0;
  missing = 0;
  /** Rows by value, up to one more value than there may be classes. */
  readonly counts = new Map<Exclude<ReadCell, null>, number>();
  private integers = true;
  private infinite: number | undefined;

  constructor(
    readonly name: string,
    readonly kind: ReadKind,
  ) {}

  add(values: readonly ReadCell[]): void {
    for (const value of values) {
      this.rows += 1;
      if (value === null || Number.isNaN(value)) {
        this.missing += 1;
        continue;
      }
      if (typeof value === 'number') {
        if (!Number.isInteger(value)) this.integers = false;
        if (!Number.isFinite(value)) this.infinite ??= this.rows - 1;
      }
      const count = this.counts.get(value);
      if (count !== undefined) this.counts.set(value, count + 1);
      else if (this.counts.size <= MOST_CLASSES) this.counts.set(value, 1);
    }
  }

  /** Values that occur, in the order of numbers or of characters. */
  get labels(): (number | boolean | string)[] {
    return [...this.counts.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  /** What the values are, and why they are taken as that. */
  decide(): { readonly task: 'classification' | 'regression'; readonly reason: string } {
    const { kind, counts, integers } = this;
    const present = this.rows - this.missing;
    if (kind === 'text') return { task: 'classification', reason: 'its values are text' };
    if (kind === 'boolean') return { task: 'classification', reason: 'its values are true or false' };
    if (kind === 'date') return { task: 'regression', reason: 'its values are dates' };
    if (!integers) return { task: 'regression', reason: 'its values are numbers with fractions' };
    const different = counts.size > MOST_CLASSES ? `more than ${MOST_CLASSES}` : String(counts.size);
    const few = counts.size <= MOST_INTEGER_CLASSES && present >= ROWS_PER_INTEGER_CLASS * counts.size;
    return {
      task: few ? 'classification' : 'regression',
      reason: `its values are ${different} different integers in ${thousands(present)} rows`,
    };
  }

  /**
   * Checks that a task can be learned from the values.
   * @throws Failure if there is nothing to learn, or the values do not fit the task.
   */
  require(task: Task): void {
    const { name, kind, counts } = this;
    const only = [...counts.keys()][0];
    if (this.rows === 0) throw new Failure('The table has no rows.');
    if (counts.size === 0) throw new Failure(`Target ${name}: all ${thousands(this.rows)} values are missing.`);
    if (this.infinite !== undefined)
      throw new Failure(`Target ${name}: row ${this.infinite} is infinite. Targets are finite numbers.`);
    if (counts.size === 1) {
      const what = task === 'regression' ? 'a constant' : 'one class only';
      throw new Failure(
        `Target ${name} is ${what}: all values are ${JSON.stringify(only)}. There is nothing to learn.`,
      );
    }
    if (task === 'regression' && (kind === 'text' || kind === 'boolean')) {
      const what = kind === 'text' ? 'text' : 'truth values';
      throw new Failure(
        `Target ${name}: regression expects numbers, its values are ${what}. Take --task classification.`,
      );
    }
    if (task === 'regression' && kind === 'date') {
      throw new Failure(
        `Target ${name}: its values are dates. Convert them to numbers, such as days: --sql "select …, epoch(${name})/86400 …".`,
      );
    }
    if (task === 'multilabel' && kind !== 'boolean' && !this.labels.every((label) => label === 0 || label === 1)) {
      throw new Failure(`Target ${name}: multilabel expects true and false, or 0 and 1, in each target.`);
    }
    if (task === 'classification' && counts.size > MOST_CLASSES) {
      throw new Failure(
        `Target ${name}: more than ${MOST_CLASSES} classes. If it is a quantity, take --task regression.`,
      );
    }
  }
}

/**
 * Decides on the task of several targets together.
 * @throws Failure if they do not fit together, or cannot be learned.
 */
export function decideTask(
  targets: readonly TargetValues[],
  chosen: Task | undefined,
): { readonly task: Task; readonly reason: string } {
  const decided = chosen === undefined ? inferred(targets) : { task: chosen, reason: 'it was asked for' };
  for (const target of targets) target.require(decided.task);
  if (decided.task === 'classification' && targets.length > 1) {
    throw new Failure(
      'Several targets are quantities, or labels that are true or false. Train a model for each class target.',
    );
  }
  return decided;
}

function inferred(targets: readonly TargetValues[]): { readonly task: Task; readonly reason: string } {
  if (targets.length === 1) return targets[0].decide();
  const isBinary = (target: TargetValues): boolean =>
    target.kind === 'boolean' || target.labels.every((label) => label === 0 || label === 1);
  if (targets.every(isBinary)) return { task: 'multilabel', reason: 'each of its targets is true or false' };
  return { task: 'regression', reason: 'there are several targets' };
}
