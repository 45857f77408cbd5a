/** Methods that are called by a symbol: by a platform, or by another entry of the package. */

/**
 * Key of the method that `using` calls at the end of a block. Node 20 has it; where it is missing, compilers that know
 * `using` take this one.
 */
export const DISPOSE: typeof Symbol.dispose = /* @__PURE__ */ (() =>
  Symbol.dispose ?? Symbol.for('Symbol.dispose'))() as typeof Symbol.dispose;

/** Key of the method that `console.log` of Node, Bun and Deno calls for the text of an object. */
export const INSPECT: unique symbol = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom');

/**
 * Key of the method of a model that returns its plan and tensors. Entries that write other formats are bundles of their
 * own, so they find it by this key, not by a class.
 */
export const CONTENT: unique symbol = /* @__PURE__ */ Symbol.for('wasm-mlp.content');

/** Key of the method of a model that takes arrays as its weights without a copy: for entries that read other formats. */
export const ADOPT: unique symbol = /* @__PURE__ */ Symbol.for('wasm-mlp.adopt');
