/**
 * What a sweep is: plain data from which every machine gets the same trials. Its identity is a hash of all that decides
 * the bits of a trial but for the trial's number and budget, so results of other data or other options are told apart.
 */
import { createHash } from 'node:crypto';
import type { ReaderOptions } from '../reading/reader.js';
import type { TableFormat } from '../reading/source.js';
import type { Choice, TrainingTable } from '../training/data.js';
import type { NetworkOptions } from '../training/estimate.js';
import type { Space } from '../training/space.js';
import type { Task } from '../training/target.js';
import { VERSION } from '../version.js';
import type { Rung } from './rungs.js';
import { tableHash } from './table-hash.js';

/** What trial i of a budget is a function of. */
export interface Plan {
  readonly version: string;
  /** Hash of the cells that are learned from. */
  readonly table: string;
  readonly targets: readonly string[];
  readonly task: Task;
  readonly choices: Readonly<Record<string, Choice>>;
  /** Settings of the first trial, and what is the same in all; the epochs are the budget. */
  readonly base: Omit<NetworkOptions, 'epochs'>;
  readonly space: Space;
  readonly folds: number;
  /** Most bytes of weights; null for any. */
  readonly size: number | null;
}

/** Which table is read, and how: options of the command. */
export interface TableSource extends ReaderOptions {
  readonly table?: string;
  readonly target: readonly string[];
  readonly task?: Task;
  readonly columns?: Readonly<Record<string, Choice>>;
  readonly sql?: string;
  readonly format?: TableFormat;
}

export interface Sweep {
  /** Identity of the plan, 16 hexadecimal digits. */
  readonly id: string;
  readonly plan: Plan;
  readonly rungs: readonly Rung[];
  readonly source: TableSource;
}

/** Options of a search that decide on its trials. */
export interface SearchOptions {
  readonly base: Omit<NetworkOptions, 'epochs'>;
  readonly space: Space;
  readonly folds: number;
  readonly size: number | null;
}

/** The plan of a search in a table. */
export function planOf(table: TrainingTable, { base, space, folds, size }: SearchOptions): Plan {
  const { hiddenLayers, learningRate, l2, batchSize, patience, seed } = base;
  const { layers, units } = space;
  return {
    version: VERSION,
    table: tableHash(table.columns),
    targets: table.targets,
    task: table.task,
    choices: sorted(table.choices),
    base: { hiddenLayers, learningRate, l2, batchSize, patience, seed },
    space: { layers, units, learningRate: space.learningRate, l2: space.l2, batchSize: space.batchSize },
    folds,
    size,
  };
}

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The identity of a plan, whose properties are in the order of `planOf`. */
export const planId = (plan: Plan): string =>
  createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 16);

/** Says in words what differs between two plans of different identity. */
export function difference(own: Plan, other: Plan): string {
  const names = Object.keys(own) as (keyof Plan)[];
  const different = names.filter((name) => JSON.stringify(own[name]) !== JSON.stringify(other[name]));
  return different
    .map((name) => {
      if (name === 'table') return 'the rows of the table';
      const [mine, theirs] = [own[name], other[name]].map((value) => JSON.stringify(value ?? null));
      return `${name} (${mine} here, ${theirs} there)`;
    })
    .join(', ');
}
