/** Keys of the warnings that were given. */
const given = /* @__PURE__ */ new Set<string>();

/**
 * Most keys to remember. At this number all are forgotten, so that keys made of a caller's names cannot fill the
 * memory.
 */
const MOST = 1000;

/** Writes a warning to the console: the computed result is likely nonsense, and nothing else would say so. */
function warn(message: string): void {
  // eslint-disable-next-line no-console -- the only console output of the library
  console.warn(message);
}

/** Calls `warn`, once for each `key`. */
export function warnOnce(key: string, message: string): void {
  if (given.has(key)) return;
  if (given.size >= MOST) given.clear();
  given.add(key);
  warn(message);
}

/** Returns a function that warns of each message once. */
export function warnerOnce(): (message: string) => void {
  const warned = new Set<string>();
  return (message) => {
    if (warned.has(message)) return;
    warned.add(message);
    warn(`wasm-mlp: ${message}`);
  };
}
