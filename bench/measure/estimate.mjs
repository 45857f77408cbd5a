/** How long measurements take, for the estimate that is given before a run. */

/** @typedef {{ readonly prepare: number, readonly run: number }} Seconds of a preparation, and of a repetition */

/**
 * By the start of a name, the first that fits counts. Measured on the development machine (Zen 5, Node 20) with other
 * programs at work, and rounded; of kernels the mean over all of a kind. Once a run is under way, its own time counts.
 *
 * @type {readonly (readonly [name: RegExp, seconds: Seconds])[]}
 */
const SECONDS = [
  [/^kernel\/(peak|copy)/, { prepare: 0.01, run: 1 }],
  [/^kernel\/gemm .*\b(1000|1024|2048)\b/, { prepare: 0.6, run: 0.6 }],
  [/^kernel\/gemm/, { prepare: 0.1, run: 0.1 }],
  [/^kernel\/.* memory$/, { prepare: 1, run: 0.3 }],
  [/^kernel\//, { prepare: 0.1, run: 0.1 }],
  [/^train\/big/, { prepare: 3, run: 1.5 }],
  [/^train\//, { prepare: 1, run: 0.6 }],
  [/^predict\/big .*int8$/, { prepare: 1.5, run: 0.2 }],
  [/^predict\//, { prepare: 0.1, run: 0.1 }],
  [/^start\//, { prepare: 0.3, run: 0.3 }],
];

/** Seconds of one of the calls of `tail/…`, with those of the loop beside it. */
const TAIL_CALL = { tiny: 1e-6, small: 15e-6, mid: 100e-6 };

/** What nothing is known of. @type {Seconds} */
const OTHER = { prepare: 0.5, run: 0.1 };

/**
 * Returns the estimated seconds of a measurement on one side.
 *
 * @param {string} name
 * @param {number} tailCalls
 * @returns {Seconds}
 */
export function secondsOf(name, tailCalls) {
  const tail = Object.entries(TAIL_CALL).find(([network]) => name.startsWith(`tail/${network} `));
  if (tail !== undefined) return { prepare: 0.1, run: 0.1 + tailCalls * tail[1] };
  return SECONDS.find(([pattern]) => pattern.test(name))?.[1] ?? OTHER;
}
