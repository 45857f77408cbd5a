/** What a sweep gave, for people, as CSV and as JSON. Each is a function of the results alone: no times, no machines. */
import { listItem, shellWord } from '../terminal/arguments.js';
import { csvLine } from '../terminal/csv.js';
import { columns } from '../terminal/layout.js';
import { scoreText } from '../report/of-training.js';
import type { Sweep } from './plan.js';
import { byScore, trialsOf, type Results, type TrialRecord } from './records.js';

/** How far a sweep is. */
export interface Progress {
  /** The first rung that is not complete; the number of rungs if all are. */
  readonly rung: number;
  /** Trials of that rung, by number. */
  readonly trials: readonly number[];
  readonly missing: readonly number[];
  /** Results of the last rung that has any, the best first. */
  readonly ranked: readonly TrialRecord[];
}

export function progressOf(results: Results, { rungs }: Sweep): Progress {
  let ranked: TrialRecord[] = [];
  for (const [rung, { epochs }] of rungs.entries()) {
    const trials = trialsOf(results, rungs, rung);
    const missing = results.missing(trials, epochs);
    const there = trials.flatMap((trial) => results.get({ trial, epochs }) ?? []);
    if (there.length > 0) ranked = there.sort(byScore);
    if (missing.length > 0) return { rung, trials, missing, ranked };
  }
  return { rung: rungs.length, trials: [], missing: [], ranked };
}

/** The result with the best score, if there is one. */
export const bestOf = ({ ranked }: Progress): TrialRecord | undefined =>
  ranked[0]?.score === null ? undefined : ranked[0];

/** Trials that are printed for people. */
const SHOWN = 10;

export function tableText({ ranked }: Progress, scoreName: string, width: number): string {
  const rows = ranked
    .slice(0, SHOWN)
    .map((record) => [
      ...[String(record.trial), String(record.epochs)],
      ...(record.score === null ? ['—', ''] : [scoreText(record.score), `± ${scoreText(record.spread ?? 0)}`]),
      ...[record.settings === null ? (record.error ?? '') : settingsText(record.settings)],
    ]);
  return columns([['trial', 'epochs', scoreName, '', 'settings'], ...rows], width);
}

export const settingsText = ({
  hiddenLayers,
  learningRate,
  l2,
  batchSize,
}: NonNullable<TrialRecord['settings']>): string =>
  `hidden ${hiddenLayers.join(',')}  rate ${learningRate}  l2 ${l2}  batch ${batchSize}`;

/** All results as CSV, by budget and number. */
export function tableCsv(results: Results): string {
  const head = ['epochs', 'trial', 'score', 'spread', 'hidden', 'learning rate', 'l2', 'batch size', 'bytes', 'hash'];
  const lines = results
    .all()
    .map(({ epochs, trial, score, spread, settings, bytes, hash, error }) =>
      csvLine([
        ...[epochs, trial, score, spread, settings?.hiddenLayers.join(' ') ?? null],
        ...[
          settings?.learningRate ?? null,
          settings?.l2 ?? null,
          settings?.batchSize ?? null,
          bytes,
          hash,
          error ?? null,
        ],
      ]),
    );
  return [csvLine([...head, 'error']), ...lines].join('');
}

/** The command that trains a model with the settings of a trial. */
export function trainCommand({ source, plan }: Sweep, { settings, epochs }: TrialRecord): string {
  const { hiddenLayers, learningRate, l2, batchSize } = settings!;
  const words = [
    ...['wasm-mlp', 'train'],
    ...(source.table === undefined ? [] : [source.table]),
    ...(source.sql === undefined ? [] : ['--sql', source.sql]),
    ...['--target', source.target.map(listItem).join(',')],
    ...(source.task === undefined ? [] : ['--task', source.task]),
    ...(source.columns === undefined
      ? []
      : [
          '--columns',
          Object.entries(source.columns)
            .map(([name, kind]) => `${listItem(name)}=${kind}`)
            .join(','),
        ]),
    ...(source.format === undefined ? [] : ['--format', source.format]),
    ...(source.missing === undefined ? [] : [`--missing=${source.missing.map(listItem).join(',')}`]),
    ...(source.header === undefined ? [] : [source.header ? '--header' : '--no-header']),
    ...(source.delimiter === undefined ? [] : ['--delimiter', source.delimiter === '\t' ? 'tab' : source.delimiter]),
    ...(source.decimal === undefined ? [] : ['--decimal', source.decimal]),
    ...(source.dateFormat === undefined ? [] : ['--date-format', source.dateFormat]),
    ...(source.encoding === undefined ? [] : ['--encoding', source.encoding]),
    ...['--hidden', hiddenLayers.join(','), '--learning-rate', learningRate, '--l2', l2],
    ...['--batch-size', batchSize, '--epochs', epochs, '--seed', plan.base.seed],
  ];
  return words.map((word) => shellWord(String(word))).join(' ');
}
