/** Methods that a platform calls by a symbol. */

/**
 * Key of the method that `using` calls at the end of a block. Node 20 has it; where it is missing, compilers that know
 * `using` take this one.
 */
export const DISPOSE: typeof Symbol.dispose = /* @__PURE__ */ (() =>
  Symbol.dispose ?? Symbol.for('Symbol.dispose'))() as typeof Symbol.dispose;

/** Key of the method that `console.log` of Node, Bun and Deno calls for the text of an object. */
export const INSPECT: unique symbol = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom');
