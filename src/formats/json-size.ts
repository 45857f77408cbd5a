/**
 * Limit on the number of values in untrusted JSON text, checked before the text is parsed. A list of empty lists takes
 * twenty times as much memory as its text, so a file of a few megabytes could exhaust memory and end a process, which
 * nothing can catch. Short text cannot do that and is not checked.
 */

/** Characters up to which nothing is counted: at worst a few megabytes once parsed. */
const SHORT = 65536;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Returns whether JSON text has at most `most` values. A top-level object may have `perEntry` more for each of its own
 * entries, and at most `entriesMost` entries.
 */
export function hasAtMostValues(text: string, most: number, perEntry = 0, entriesMost = Infinity): boolean {
  if (text.length <= SHORT) return true;
  let values = 1;
  let entries = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case COMMA:
        values += 1;
        break;
      case COLON:
        if (depth === 1) entries += 1;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        values += 1;
        depth += 1;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
    }
  }
  return entries <= entriesMost && values <= most + perEntry * entries;
}

/**
 * Returns the index of the end of the string that starts at `start`: the next quote with an even number of backslashes
 * before it.
 */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}
