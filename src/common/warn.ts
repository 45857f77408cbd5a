/** Keys of the warnings that were given. */
const given = /* @__PURE__ */ new Set<string>();

/**
 * Past so many different warnings none is remembered, so that keys made of a caller's names take no memory without end.
 */
const MOST = 1000;

/** Writes a warning to the console: what is computed is likely nonsense, and nothing else would say so. */
export function warn(message: string): void {
  // eslint-disable-next-line no-console -- the one place of the library that talks
  console.warn(message);
}

/** `warn`, once for each `key`. */
export function warnOnce(key: string, message: string): void {
  if (given.has(key)) return;
  if (given.size >= MOST) given.clear();
  given.add(key);
  warn(message);
}
