/**
 * Error classes of the library. Messages follow one grammar: `where: what expected X, got Y. Hint.` A text is built
 * only when it is thrown. `traces.ts` makes the stack traces begin with the caller's code.
 */
import { callerTrace, setTrace } from './traces.js';

/**
 * Base class of all errors of this library.
 * @category Errors
 */
export class WasmMlpError extends Error {
  /** Name for stack traces, since the build shortens the name of the class itself. @internal */
  static override readonly name: string = 'WasmMlpError';
  /** Name of the class. */
  override name = 'WasmMlpError';

  /** Makes an error with a message. Its trace begins with the caller's code, where the platform makes that possible. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    setTrace(this, new.target.name, callerTrace());
  }
}

/**
 * Thrown if the sizes of data, weights or layers do not match.
 * @category Errors
 */
export class ShapeError extends WasmMlpError {
  /** Name for stack traces, since the build shortens the name of the class itself. @internal */
  static override readonly name: string = 'ShapeError';
  /** 'ShapeError'. */
  override name = 'ShapeError';
}

/**
 * Thrown for a number out of range, an unknown name or option, or a NaN.
 * @category Errors
 */
export class ValueError extends WasmMlpError {
  /** Name for stack traces, since the build shortens the name of the class itself. @internal */
  static override readonly name: string = 'ValueError';
  /** 'ValueError'. */
  override name = 'ValueError';
}

/**
 * Thrown for a call in the wrong state: `fit` before `compile`, anything after `dispose`.
 * @category Errors
 */
export class StateError extends WasmMlpError {
  /** Name for stack traces, since the build shortens the name of the class itself. @internal */
  static override readonly name: string = 'StateError';
  /** 'StateError'. */
  override name = 'StateError';
}

/**
 * Thrown for a file that is damaged, forged or of another kind. The message names the byte or the field.
 * @category Errors
 */
export class FormatError extends WasmMlpError {
  /** Name for stack traces, since the build shortens the name of the class itself. @internal */
  static override readonly name: string = 'FormatError';
  /** 'FormatError'. */
  override name = 'FormatError';
}

/**
 * Thrown if the platform lacks a required feature. The message names the feature and what would help.
 * @category Errors
 */
export class UnsupportedError extends WasmMlpError {
  /** Name for stack traces, since the build shortens the name of the class itself. @internal */
  static override readonly name: string = 'UnsupportedError';
  /** 'UnsupportedError'. */
  override name = 'UnsupportedError';
}

/**
 * Thrown if linear memory cannot grow as needed. The message gives need and limit in bytes.
 * @category Errors
 */
export class MemoryError extends WasmMlpError {
  /** Name for stack traces, since the build shortens the name of the class itself. @internal */
  static override readonly name: string = 'MemoryError';
  /** 'MemoryError'. */
  override name = 'MemoryError';
}

/**
 * Thrown if a thread of the library ended or failed during its work. The weights are those of the last finished step,
 * and one thread continues.
 * @category Errors
 */
export class WorkerError extends WasmMlpError {
  /** Name for stack traces, since the build shortens the name of the class itself. @internal */
  static override readonly name: string = 'WorkerError';
  /** 'WorkerError'. */
  override name = 'WorkerError';
}
