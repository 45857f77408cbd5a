/**
 * Converts the options of a command to the sides that it measures: a build, an engine and a runtime each. session.mjs
 * measures them.
 */
import { fileURLToPath } from 'node:url';
import { packageFiles } from '../workloads/package.mjs';

/**
 * Options of the measured side, for parseArgs of node:util.
 *
 * @type {Record<'package' | 'engine' | 'runtime', { type: 'string', multiple: false }>}
 */
export const SIDE_OPTIONS = {
  package: { type: 'string', multiple: false },
  engine: { type: 'string', multiple: false },
  runtime: { type: 'string', multiple: false },
};

/**
 * Options of the side that it is compared with, interleaved.
 *
 * @type {Record<'against' | 'against-engine' | 'against-runtime', { type: 'string', multiple: false }>}
 */
export const AGAINST_OPTIONS = {
  against: { type: 'string', multiple: false },
  'against-engine': { type: 'string', multiple: false },
  'against-runtime': { type: 'string', multiple: false },
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Parses `tile=5x8,simd256=true` to an object. @param {string} [text] */
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

/** Splits a command with its flags; the default is the runtime of this process. @param {string} [text] */
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
  // Options that are not given for the other side are those of this one: the rest is compared.
  const second = {
    name: 'other',
    files: packageFiles(against ?? folder),
    engine: readEngine(otherEngine ?? engine),
    runtime: readRuntime(otherRuntime ?? runtime),
    ownBits: options['other-bits'] ?? false,
  };
  return [first, second];
}
