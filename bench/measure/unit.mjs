/**
 * @typedef {object} Unit A measurement: fixed work with a fixed result.
 * @property {string} name group, slash, the rest
 * @property {'sample' | 'flop' | 'byte' | 'call'} of unit of `amount`
 * @property {() => Promise<Prepared>} prepare builds what it needs and runs it once
 * @property {() => Promise<Repetition>} run
 *
 * @typedef {object} Prepared
 * @property {number} amount
 * @property {string} [checksum] SHA-256 of the result
 * @property {number} [flops] of the whole work, where `of` is something else
 * @property {string} [note]
 *
 * @typedef {object} Repetition
 * @property {Record<string, number>} seconds by part: '' for the work itself
 * @property {Record<string, number>} [loopSeconds] the same quantiles of the machine's own loop, see prediction.mjs
 * @property {string} [checksum] of this repetition's result
 * @property {number} [share] of the bound's rate
 * @property {Record<string, number>} [counts] besides times, such as garbage collections
 */
export {};
