/** Methods that a platform calls by a symbol. */

/**
 * Called at the end of a block for what was declared by `using`. Node 20 has it; where it is missing, compilers that
 * know `using` take this one.
 */
export const DISPOSE: typeof Symbol.dispose = /* @__PURE__ */ (() =>
  Symbol.dispose ?? Symbol.for('Symbol.dispose'))() as typeof Symbol.dispose;

/** Called by `console.log` of Node, Bun and Deno: what an object is shown as. */
export const INSPECT: unique symbol = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom');
