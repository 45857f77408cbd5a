/**
 * Results of a sweep as lines of JSON: one line says what the sweep is, one each what a trial gave. Lines may come from
 * several processes, in any order, more than once, and the last of a process that was killed may be torn.
 */
import { Failure } from '../failure.js';
import type { NetworkOptions } from '../training/estimate.js';
import { planId, type Plan, type Sweep, type TableSource } from './plan.js';
import type { Rung } from './rungs.js';

/** What a trial gave. Nothing in it depends on when or where it ran. */
export interface TrialRecord {
  readonly sweep: string;
  readonly trial: number;
  /** The budget. */
  readonly epochs: number;
  /** What differs between trials; null if no settings are within the size. */
  readonly settings: Pick<NetworkOptions, 'hiddenLayers' | 'learningRate' | 'l2' | 'batchSize'> | null;
  readonly bytes: number | null;
  /** Mean of the main score over the folds; null if there is none. */
  readonly score: number | null;
  readonly spread: number | null;
  readonly scores: readonly number[];
  /** Hash of the weights of the models of all folds. */
  readonly hash: string | null;
  readonly error?: string;
}

/** A trial to make. */
export interface TrialKey {
  readonly trial: number;
  readonly epochs: number;
}

const keyOf = ({ trial, epochs }: TrialKey): string => `${epochs}/${trial}`;

export const recordLine = (record: TrialRecord): string => JSON.stringify(record);

export const sweepLine = ({ id, plan, rungs, source }: Sweep): string =>
  JSON.stringify({ sweep: id, rungs, source, plan });

/** How each line begins: what comes before it in a line is not of this program. */
const START = '{"sweep":"';

type Line = { readonly sweep: Sweep } | { readonly record: TrialRecord };

/** Reads a line; undefined if it is torn. */
function readLine(text: string): Line | undefined {
  // A torn line may have the next one behind it, and programs that collect logs may have written something before it.
  const start = text.lastIndexOf(START);
  if (start < 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(start));
  } catch {
    return undefined;
  }
  const line = value as Partial<TrialRecord & { plan: Plan; rungs: readonly Rung[]; source: TableSource }>;
  if (line.plan !== undefined && Array.isArray(line.rungs) && line.source !== undefined) {
    if (planId(line.plan) !== line.sweep) throw new Failure(`The plan of sweep ${line.sweep} was changed by hand.`);
    return { sweep: { id: line.sweep, plan: line.plan, rungs: line.rungs, source: line.source } };
  }
  return isRecord(line) ? { record: line } : undefined;
}

function isRecord(line: Partial<TrialRecord>): line is TrialRecord {
  const { trial, epochs, settings, scores, score, hash } = line;
  return (
    Number.isSafeInteger(trial) &&
    Number.isSafeInteger(epochs) &&
    (settings === null || Array.isArray(settings?.hiddenLayers)) &&
    Array.isArray(scores) &&
    (score === null || typeof score === 'number') &&
    (hash === null || typeof hash === 'string')
  );
}

/** Two runs of a trial that gave different results. */
export interface Conflict {
  readonly trial: TrialKey;
  readonly records: readonly [TrialRecord, TrialRecord];
}

/** All that is known of a sweep. */
export class Results {
  /** What the sweep is, as the process that started last says. */
  sweep: Sweep | undefined;
  /** Identities of the sweeps that lines belong to. */
  readonly ids = new Set<string>();
  readonly conflicts: Conflict[] = [];
  torn = 0;
  private readonly records = new Map<string, TrialRecord>();

  /** Adds lines. */
  addLines(lines: Iterable<string>): void {
    for (const text of lines) {
      if (text.trim() === '') continue;
      const line = readLine(text);
      if (line === undefined) this.torn += 1;
      else if ('record' in line) this.add(line.record);
      else {
        this.sweep = line.sweep;
        this.ids.add(line.sweep.id);
      }
    }
  }

  /** Adds a result, and compares it with that of another run of the same trial. */
  add(record: TrialRecord): void {
    this.ids.add(record.sweep);
    const before = this.records.get(keyOf(record));
    if (before === undefined) this.records.set(keyOf(record), record);
    else if (before.sweep === record.sweep && recordLine(before) !== recordLine(record))
      this.conflicts.push({ trial: record, records: [before, record] });
  }

  get(trial: TrialKey): TrialRecord | undefined {
    return this.records.get(keyOf(trial));
  }

  /** All results, by budget and number. */
  all(): TrialRecord[] {
    return [...this.records.values()].sort((a, b) => a.epochs - b.epochs || a.trial - b.trial);
  }

  /** The trials among these that have no result. */
  missing(trials: readonly number[], epochs: number): number[] {
    return trials.filter((trial) => this.get({ trial, epochs }) === undefined);
  }

  /**
   * Refuses results that cannot be trusted.
   * @throws Failure if two runs of a trial differ: the library promises the same bits everywhere.
   */
  requireAgreement(): void {
    if (this.conflicts.length === 0) return;
    const lines = this.conflicts.map(({ trial, records: [a, b] }) => {
      const [first, second] = a.hash === b.hash ? [`score ${a.score}`, `score ${b.score}`] : [a.hash, b.hash];
      return `  trial ${trial.trial}, ${trial.epochs} epochs: ${first}\n    and ${second}`;
    });
    throw new Failure(
      [
        'Two runs of the same trial differ. One machine computes wrongly, or runs another build:',
        ...lines,
        'Run these trials again where you trust the machine, with new results.',
      ].join('\n'),
    );
  }
}

/** The better result first; without a score last; of equals the lower number. */
export const byScore = (a: TrialRecord, b: TrialRecord): number =>
  (b.score ?? -Infinity) > (a.score ?? -Infinity)
    ? 1
    : (b.score ?? -Infinity) < (a.score ?? -Infinity)
      ? -1
      : a.trial - b.trial;

/**
 * The trials of a rung, by number: all for the first, and for others the best of the rung before.
 * @throws Failure if the rung before is not complete.
 */
export function trialsOf(results: Results, rungs: readonly Rung[], rung: number): number[] {
  if (rung === 0) return Array.from({ length: rungs[0].trials }, (_, trial) => trial);
  const before = trialsOf(results, rungs, rung - 1);
  const { epochs } = rungs[rung - 1];
  const missing = results.missing(before, epochs);
  if (missing.length > 0) {
    throw new Failure(`Rung ${rung} needs all results of rung ${rung - 1}. Missing trials: ${missing.join(', ')}.`);
  }
  return before
    .map((trial) => results.get({ trial, epochs })!)
    .sort(byScore)
    .slice(0, rungs[rung].trials)
    .map(({ trial }) => trial)
    .sort((a, b) => a - b);
}
