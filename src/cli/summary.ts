/**
 * Texts and JSON of the command's result. `report.ts` draws the tables and digits.
 */
import type { Engine } from '../index.js';
import { decimals, percent, thousands } from './format.js';
import { networkName } from './network.js';
import type { JobOptions } from './options.js';
import { confusionTable, mistakeGallery } from './report.js';
import type { JobResult } from './result.js';

const mistakesShown = 6;

/** Returns the text that describes the job before it runs. */
export function header(options: JobOptions, info: Engine['info'], trainingDigits: number, testDigits: number): string {
  const { activation, optimizer, learningRate, batchSize, seed } = options;
  const extras = [
    options.dropout > 0 && `dropout ${options.dropout}`,
    options.inputDropout > 0 && `dropout of the inputs ${options.inputDropout}`,
    options.labelSmoothing > 0 && `label smoothing ${options.labelSmoothing}`,
    options.schedule !== 'none' && `${options.schedule} schedule`,
  ].filter(Boolean);
  return [
    `network ${networkName(options)}, ${activation}, ${optimizer} (learning rate ${learningRate}), batch ${batchSize}, seed ${seed}`,
    ...(extras.length > 0 ? [`with    ${extras.join(', ')}`] : []),
    `digits  ${thousands(trainingDigits)} to learn from, ${thousands(testDigits)} to be tested on`,
    `engine  ${info.numerics} numerics, threads: ${info.threads}, tile: ${info.tile}`,
  ].join('\n');
}

/** Returns the result as text. After an interrupt it is brief, since the user wants to leave. */
export function summary(result: JobResult, terminalWidth?: number): string {
  const { test, confusion, mistakes, testDigits, seconds, samplesPerSecond, aborted } = result;
  const correct = testDigits.labels.length - mistakes.length;
  const accuracy = `test accuracy ${percent(test.accuracy)} (${thousands(correct)} of ${thousands(testDigits.labels.length)}), loss ${decimals(test.loss)}`;
  const closing = [
    `trained in ${seconds.toFixed(2)} s, ${thousands(samplesPerSecond)} samples/s`,
    `weights SHA-256 ${result.weightsSha256}`,
    result.output === null
      ? 'nothing was learned, so no model was saved'
      : `${aborted ? 'unfinished model' : 'model'} saved to ${result.output}`,
  ];
  if (aborted) return [interruption(result), accuracy, ...closing].join('\n');
  const sections = ['', accuracy, '', confusionTable(confusion), ''];
  if (mistakes.length > 0) {
    const shown = mistakes.slice(0, mistakesShown);
    sections.push('the surest mistakes', '', mistakeGallery(shown, testDigits.images, terminalWidth), '');
  }
  return [...sections, ...closing].join('\n');
}

export function interruption({ steps, history, options }: JobResult): string {
  return `\nstopped after step ${thousands(steps)}, with ${history.loss.length} of ${options.epochs} epochs finished`;
}

/** Returns the result as JSON. */
export function jsonSummary(result: JobResult): string {
  const { engine, options, history, test, confusion, seconds, samplesPerSecond, weightsSha256, output, aborted } =
    result;
  return JSON.stringify({
    runtime: runtime(),
    engine,
    options,
    history,
    test,
    confusion,
    seconds,
    samplesPerSecond,
    weightsSha256,
    output,
    aborted,
  });
}

/**
 * Returns the name and version of the platform. Bun and Deno also fill in Node's version, so they are checked first.
 */
function runtime(): { name: string; version: string } {
  const name = ['bun', 'deno'].find((key) => process.versions[key] !== undefined) ?? 'node';
  return { name, version: process.versions[name] ?? '' };
}
