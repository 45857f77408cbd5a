/**
 * Stack traces that begin with the caller's code. The library's own calls say nothing to its users, and their names are
 * shortened in the package. Only V8's traces are changed, and only those of the package as it was built: if a bundler
 * has put the library and the caller into one file, nothing distinguishes them.
 */

/**
 * Position in a file of the package at which `findOwn` makes its error, in V8's notation. The build writes it here; in
 * sources and in bundles it does not match.
 */
const BUILT_AT = '@place of findOwn in the file@';

/** Most calls of the library between an error and the code that called it. */
const DEPTH = 30;

/** Address of the folder of the package's files in traces; false if it cannot be determined. */
let own: string | false | undefined;

function findOwn(): string | false {
  const frame = String(new Error().stack).split('\n')[1] ?? '';
  const end = frame.indexOf(BUILT_AT);
  if (end === -1) return false;
  // "at name (position)" or "at position".
  const file = frame.slice(frame.indexOf('(') + 1 || frame.indexOf('at ') + 3, end);
  return file.slice(0, file.search(/[^/\\]*$/));
}

/** Whether a line of a trace is in a file in a folder that is one line long, as those of the package are. */
function isIn(folder: string, line: string): boolean {
  const at = line.indexOf(folder);
  return at !== -1 && /^[\w-]+\.c?js(\?[^:]*)?:1:/.test(line.slice(at + folder.length));
}

/** A call into the library: an error made in it, with `DEPTH` more calls than usual, and the usual number. */
interface Call {
  readonly error: Error;
  readonly usual: number;
}

/** Notes the current call into the library. Its trace is written when it is needed. */
export function noteCall(): Call | undefined {
  const { stackTraceLimit: usual } = Error;
  try {
    if (!(usual > 0)) return undefined;
    try {
      Error.stackTraceLimit = usual + DEPTH;
      return { error: new Error(), usual };
    } finally {
      Error.stackTraceLimit = usual;
    }
  } catch {
    // Other code has frozen the limit.
    return undefined;
  }
}

/** Returns the trace of a call, from the caller's code on, or undefined if there is none or it cannot be determined. */
function traceOf(call: Call | undefined): string | undefined {
  try {
    const inside = (own ??= findOwn());
    if (inside === false || call === undefined) return undefined;
    const lines = String(call.error.stack).split('\n');
    let first = 1;
    while (first < lines.length && (isIn(inside, lines[first]) || lines[first].includes('(<anonymous>)'))) first++;
    // Called by the platform, as for a message of a worker.
    if (first >= lines.length || lines[first].includes('node:')) return undefined;
    return lines.slice(first, first + call.usual).join('\n');
  } catch {
    // Other code has replaced the format of traces.
    return undefined;
  }
}

/** Returns the trace of the current call into the library; see `traceOf`. */
export const callerTrace = (): string | undefined => traceOf(noteCall());

/** Errors without a caller's code in their trace: made after an await, or in answer to a message. */
const untraced = /* @__PURE__ */ new WeakSet<Error>();

/** Gives an error the trace of the call that it ends, unless its own begins with the caller's code. */
export function traceToCall(error: Error, call: Call | undefined): void {
  // Not by a look at the trace: V8 would forget where the error was made, as below.
  if (untraced.has(error)) setTrace(error, error.name, traceOf(call));
}

/** Sets the trace of an error, if there is one. */
export function setTrace(error: Error, name: string, trace: string | undefined): void {
  if (trace === undefined) {
    untraced.add(error);
    return;
  }
  untraced.delete(error);
  // Delete it first: after a mere assignment V8 forgets where the error was made, and Node shows a line of its own code
  // instead.
  delete error.stack;
  Object.defineProperty(error, 'stack', {
    value: `${name}: ${error.message}\n${trace}`,
    configurable: true,
    writable: true,
  });
}
