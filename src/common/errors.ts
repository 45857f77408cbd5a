/**
 * The library's error classes. Messages follow one grammar: `where: what expected X, got Y. Hint.`
 * A text is built only when it is thrown.
 */
import { callerTrace, setTrace } from './traces.js';

/** What all errors of this library are. */
export class WasmMlpError extends Error {
  /** For traces, where the build has shortened the class's own. @internal */
  static override readonly name: string = 'WasmMlpError';
  /** Name of the class. */
  override name = 'WasmMlpError';

  /** An error with that message. Its trace begins with the caller's code, where the platform tells. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    setTrace(this, new.target.name, callerTrace());
  }
}

/** Data, weights or layers do not fit together in size. */
export class ShapeError extends WasmMlpError {
  /** For traces, where the build has shortened the class's own. @internal */
  static override readonly name: string = 'ShapeError';
  /** 'ShapeError'. */
  override name = 'ShapeError';
}

/** A number out of range, an unknown name or option, a NaN. */
export class ValueError extends WasmMlpError {
  /** For traces, where the build has shortened the class's own. @internal */
  static override readonly name: string = 'ValueError';
  /** 'ValueError'. */
  override name = 'ValueError';
}

/** The right call at the wrong moment: `fit` before `compile`, anything after `dispose`. */
export class StateError extends WasmMlpError {
  /** For traces, where the build has shortened the class's own. @internal */
  static override readonly name: string = 'StateError';
  /** 'StateError'. */
  override name = 'StateError';
}

/** A file that is damaged, forged or of another kind; says the byte or the field. */
export class FormatError extends WasmMlpError {
  /** For traces, where the build has shortened the class's own. @internal */
  static override readonly name: string = 'FormatError';
  /** 'FormatError'. */
  override name = 'FormatError';
}

/** The platform lacks what was asked for; says what and what would help. */
export class UnsupportedError extends WasmMlpError {
  /** For traces, where the build has shortened the class's own. @internal */
  static override readonly name: string = 'UnsupportedError';
  /** 'UnsupportedError'. */
  override name = 'UnsupportedError';
}

/** Linear memory cannot grow to what is needed; says need and limit in bytes. */
export class MemoryError extends WasmMlpError {
  /** For traces, where the build has shortened the class's own. @internal */
  static override readonly name: string = 'MemoryError';
  /** 'MemoryError'. */
  override name = 'MemoryError';
}

/**
 * A thread of the library ended or failed while it had work. The weights are those of the last finished step, and one
 * thread goes on.
 */
export class WorkerError extends WasmMlpError {
  /** For traces, where the build has shortened the class's own. @internal */
  static override readonly name: string = 'WorkerError';
  /** 'WorkerError'. */
  override name = 'WorkerError';
}
