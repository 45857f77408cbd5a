/** Runs a full garbage collection where the engine allows it; elsewhere does nothing. */
export const collect = await collector();

/** @returns {Promise<() => void>} */
async function collector() {
  if (typeof globalThis.gc === 'function') return globalThis.gc;
  // Browsers have no such modules.
  if (globalThis.process?.versions?.node === undefined) return () => undefined;
  try {
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    return runInNewContext('gc');
  } catch {
    return () => undefined;
  }
}
