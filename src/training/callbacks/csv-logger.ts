/**
 * The callback `csvLogger`, which writes the logs of each epoch as a line of a CSV file or passes the line to a
 * function. callback.ts says when its hooks are called.
 */
import { describe } from '../../common/describe.js';
import { UnsupportedError, ValueError } from '../../common/errors.js';
import { isFunction } from '../../common/objects.js';
import { flag, readOptions, text } from '../../common/options.js';
import { ATTACH, requireLogs, type AttachedCallback, type Callback } from './callback.js';

/**
 * Options of `csvLogger`.
 * @category Training and callbacks
 */
export interface CsvLoggerOptions {
  /** Text between columns. Default ','. */
  separator?: string;
  /** Whether to keep an existing file and append to it, without a second header. Default false. */
  append?: boolean;
}

interface Files {
  writeFileSync(path: string, text: string): void;
  appendFileSync(path: string, text: string): void;
  statSync(path: string, options: { throwIfNoEntry: false }): { readonly size: number } | undefined;
}

/** Returns Node's file module without an import statement, on which bundlers for pages would fail. */
function files(): Files {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => Files | undefined } };
  const module = process?.getBuiltinModule?.('node:fs');
  if (module === undefined) {
    throw new UnsupportedError(
      'csvLogger: a file expected a platform with node:fs, as Node 20.16 or newer, got one without. Pass a function.',
    );
  }
  return module;
}

/**
 * Writes a line of comma-separated values per epoch: `epoch` and all logs, under a header line. `target`: the
 * path of a file (Node, Bun, Deno), or on any platform a function that is called with each line and its line end.
 * @throws ValueError for an unknown option, or a target that is neither; UnsupportedError in `fit` for a path on a
 * platform without files.
 * @example
 * const lines: string[] = [];
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
 * network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * await network.fit([[1]], [[2]], { epochs: 2, callbacks: [csvLogger((line) => lines.push(line))] });
 * lines[0]; // 'epoch,loss\n'
 * @category Training and callbacks
 */
export function csvLogger(target: string | ((line: string) => unknown), options?: CsvLoggerOptions): Callback {
  if (typeof target !== 'string' && !isFunction(target)) {
    throw new ValueError(`csvLogger: target expected a path or a function, got ${describe(target)}.`);
  }
  const { separator, append } = readOptions<Required<CsvLoggerOptions>>('csvLogger', options, {
    separator: { check: text, or: ',' },
    append: { check: flag, or: false },
  });
  let expected: readonly string[] = [];
  let columns: string[] | undefined;
  let headed = false;
  const write = (line: string): unknown =>
    typeof target === 'string' ? files().appendFileSync(target, line) : target(line);
  /** Quotes a cell that holds a separator, a quote or a line end (RFC 4180). */
  const cell = (value: unknown): string => {
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : describe(value);
    return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const callback: AttachedCallback = {
    [ATTACH]({ keys }) {
      expected = keys;
    },
    onTrainBegin() {
      columns = undefined;
      headed = append;
      if (typeof target !== 'string') return;
      const fs = files();
      try {
        if (append) fs.appendFileSync(target, '');
        else fs.writeFileSync(target, '');
        headed = (fs.statSync(target, { throwIfNoEntry: false })?.size ?? 0) > 0;
      } catch (error) {
        throw new ValueError(
          `csvLogger: target expected a file that can be written, got: ${(error as Error).message}.`,
        );
      }
    },
    async onEpochEnd(epoch, logs) {
      requireLogs('csvLogger', logs);
      if (columns === undefined) {
        // Epochs without validation have fewer keys than others.
        columns = [...new Set([...expected, ...Object.keys(logs)])];
        if (!headed) await write(`${['epoch', ...columns].map(cell).join(separator)}\n`);
      }
      await write(`${[epoch, ...columns.map((column) => logs[column] ?? '')].map(cell).join(separator)}\n`);
    },
  };
  return callback;
}
