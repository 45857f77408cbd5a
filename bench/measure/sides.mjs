/** From a command's options to the sides that it measures. */
import { fileURLToPath } from 'node:url';
import { packageFiles } from '../workloads/package.mjs';

/**
 * Options, as node:util's parseArgs takes them, that say what is measured.
 *
 * @type {Record<'package' | 'engine' | 'runtime', { type: 'string', multiple: false }>}
 */
export const SIDE_OPTIONS = {
  package: { type: 'string', multiple: false },
  engine: { type: 'string', multiple: false },
  runtime: { type: 'string', multiple: false },
};

/**
 * And what it is compared with, in turns.
 *
 * @type {Record<'against' | 'against-engine' | 'against-runtime', { type: 'string', multiple: false }>}
 */
export const AGAINST_OPTIONS = {
  against: { type: 'string', multiple: false },
  'against-engine': { type: 'string', multiple: false },
  'against-runtime': { type: 'string', multiple: false },
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** `tile=5x8,simd256=true` as an object. @param {string} [text] */
function readEngine(text = '') {
  /** @type {Record<string, unknown>} */
  const options = {};
  for (const part of text.split(',').filter(Boolean)) {
    const [name, value, ...more] = part.split('=');
    if (!name || value === undefined || more.length > 0) throw new Error(`engine: name=value expected, got ${part}.`);
    const isNumber = value !== '' && Number.isFinite(Number(value));
    options[name] = value === 'true' ? true : value === 'false' ? false : isNumber ? Number(value) : value;
  }
  return options;
}

/** A command with its flags; this process's own where none is named. @param {string} [text] */
const readRuntime = (text) => (text === undefined ? [process.execPath] : text.split(' ').filter(Boolean));

/**
 * @param {{ package?: string, engine?: string, runtime?: string, against?: string, 'against-engine'?: string, 'against-runtime'?: string,
 *   'other-bits'?: boolean }} options
 * @returns {import('./session.mjs').Side[]}
 */
export function readSides(options) {
  const { engine, runtime, package: folder = ROOT } = options;
  const { against, 'against-engine': otherEngine, 'against-runtime': otherRuntime } = options;
  const first = {
    name: 'this',
    files: packageFiles(folder),
    engine: readEngine(engine),
    runtime: readRuntime(runtime),
    ownBits: false,
  };
  if (against === undefined && otherEngine === undefined && otherRuntime === undefined) return [first];
  // What is not said of the other side is as on this one: that is what is compared.
  const second = {
    name: 'other',
    files: packageFiles(against ?? folder),
    engine: readEngine(otherEngine ?? engine),
    runtime: readRuntime(otherRuntime ?? runtime),
    ownBits: options['other-bits'] ?? false,
  };
  return [first, second];
}
