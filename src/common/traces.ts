/**
 * Traces of errors that begin with the caller's code. What the library does inside says nothing to its users, and its
 * names are shortened in the package. Only V8's traces are changed, and only those of the package as it was built:
 * where a bundler has put the library and the caller into one file, nothing tells them apart.
 */

/**
 * Where `findOwn` makes its error in a file of the package, as V8 writes it. The build puts it here; in sources and in
 * bundles it is not found.
 */
const BUILT_AT = '@place of findOwn in the file@';

/** Calls of the library that may stand between an error and the code that called it. */
const DEPTH = 30;

/** What the places in this file begin with in traces; nothing where that cannot be told. */
let own: string | false | undefined;

function findOwn(): string | false {
  const frame = String(new Error().stack).split('\n')[1] ?? '';
  const end = frame.indexOf(BUILT_AT);
  // "at name (place)" or "at place". The package's files are one line each.
  return end !== -1 && `${frame.slice(frame.indexOf('(') + 1 || frame.indexOf('at ') + 3, end)}:1:`;
}

/** The lines of a trace of this call, with so many more calls than usual. */
function longTrace(usual: number): string[] {
  try {
    Error.stackTraceLimit = usual + DEPTH;
    const { stack } = new Error();
    return String(stack).split('\n');
  } finally {
    Error.stackTraceLimit = usual;
  }
}

/**
 * The trace of the call that the library is in, from the caller's own code on; nothing where there is none, or where
 * that cannot be told.
 */
export function callerTrace(): string | undefined {
  const { stackTraceLimit } = Error;
  try {
    const inside = (own ??= findOwn());
    if (inside === false || !(stackTraceLimit > 0)) return undefined;
    const lines = longTrace(stackTraceLimit);
    let first = 1;
    while (first < lines.length && (lines[first].includes(inside) || lines[first].includes('(<anonymous>)'))) first++;
    // Called by the platform, as for a message of a worker.
    if (first >= lines.length || lines[first].includes('node:')) return undefined;
    return lines.slice(first, first + stackTraceLimit).join('\n');
  } catch {
    // Another has taken over what traces are made of, or how many calls they hold.
    return undefined;
  }
}

/** Gives an error a trace, where there is one. */
export function setTrace(error: Error, name: string, trace: string | undefined): void {
  if (trace === undefined) return;
  // First this: by a mere assignment V8 forgets where the error was made, and Node shows a line of its own code in that
  // place.
  delete error.stack;
  Object.defineProperty(error, 'stack', {
    value: `${name}: ${error.message}\n${trace}`,
    configurable: true,
    writable: true,
  });
}
