/** Parses the options that the commands share. */

/** @param {string} name @param {string} text @returns {number} the share */
export function percentage(name, text) {
  const share = Number(text) / 100;
  if (!(share > 0 && share < 1)) throw new Error(`--${name}: percent above 0 and below 100 expected, got ${text}.`);
  return share;
}

/** @param {string} name @param {string | undefined} text @param {number} usual */
export function atLeastOne(name, text, usual) {
  const value = Number(text ?? usual);
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`--${name}: a whole number of at least 1 expected, got ${text}.`);
  }
  return value;
}

/**
 * Returns a filter of names: those that contain one of the parts of `only`, or any name if that is empty, and none of
 * the parts of `skip`.
 *
 * @param {readonly string[]} only
 * @param {readonly string[]} [skip]
 * @returns {(name: string) => boolean}
 */
export function chosen(only, skip = []) {
  return (name) => {
    const has = (/** @type {string} */ part) => name.includes(part);
    return (only.length === 0 || only.some(has)) && !skip.some(has);
  };
}

/**
 * The option `--help` of every command, for parseArgs of node:util. `multiple` is said because the type of the value is
 * that of an array, too, without it.
 */
export const HELP_OPTION = /** @type {const} */ ({
  help: { type: 'boolean', short: 'h', multiple: false, default: false },
});

/** Ends the process after its help, if that was asked for. @param {boolean} asked @param {string} help */
export function endWithHelp(asked, help) {
  if (!asked) return;
  process.stdout.write(help);
  process.exit(0);
}
