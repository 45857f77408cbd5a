/** Which browser this is, and the id of a result: what others compare with theirs. */
import { sha256Of } from '../measure/sha256.mjs';
import type { Measured, Result } from './plan.js';

/** A browser as its user agent says. */
export interface Browser {
  /** Without spaces. */
  readonly name: string;
  readonly version: string;
  /** The engine of JavaScript and WebAssembly. */
  readonly engine: 'V8' | 'SpiderMonkey' | 'JavaScriptCore' | 'unknown';
}

/**
 * Patterns of user agents, the first that fits counts: browsers name those that they resemble, too. On iOS every
 * browser is WebKit.
 */
const PATTERNS: readonly (readonly [name: string, engine: Browser['engine'], pattern: RegExp])[] = [
  ['Chrome-on-iOS', 'JavaScriptCore', /CriOS\/(\d+)/],
  ['Firefox-on-iOS', 'JavaScriptCore', /FxiOS\/(\d+)/],
  ['Firefox', 'SpiderMonkey', /Firefox\/(\d+)/],
  ['Edge', 'V8', /Edg\/(\d+)/],
  ['Chromium', 'V8', /(?:Headless)?Chrom(?:e|ium)\/(\d+)/],
  ['Safari', 'JavaScriptCore', /(?:Macintosh|iPhone|iPad).* Version\/(\d+(?:\.\d+)?).* Safari\//],
  ['WebKit', 'JavaScriptCore', /Version\/(\d+(?:\.\d+)?).* Safari\//],
  ['WebKit', 'JavaScriptCore', /AppleWebKit\/(\d+)/],
];

export function browserOf(userAgent: string): Browser {
  for (const [name, engine, pattern] of PATTERNS) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return { name, version, engine };
  }
  return { name: 'browser', version: '0', engine: 'unknown' };
}

/** Digits of the hash in an id: 48 bits. Different results have the same ones with a probability of 4e-15. */
const HASH_DIGITS = 12;

/** Returns a hash of results: the same for all browsers whose results have the same bits. */
const hashOf = (lines: readonly string[]): string =>
  sha256Of([new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''))]).slice(0, HASH_DIGITS);

/** Returns the hash of the results that were computed, or of those that are expected. */
export const hashOfResults = (measured: readonly Measured[], which: 'checksum' | 'expected'): string =>
  hashOf(measured.flatMap(({ name, ...one }) => (one[which] === undefined ? [] : [`${name} ${one[which]}`])));

/** Width of the vectors in bits. */
export const vectorBits = ({ engine }: Result): 128 | 256 => (engine.simd256 ? 256 : 128);

/** Returns browser, vectors, kernels of eight bits and hash: `Firefox-140/128/plain/8c36b94a7d10`. */
export const idOf = (result: Result, { name, version }: Browser): string =>
  [`${name}-${version}`, vectorBits(result), result.int8, hashOfResults(result.measured, 'checksum')].join('/');

const ID = /^\S+-\S+\/(?:128|256)\/(?:plain|relaxed)\/([0-9a-f]{12})$/;

/** Says whether two ids are of the same bits. */
export function compareIds(own: string, other: string): string {
  const [ownHash, otherHash] = [own, other.trim()].map((id) => ID.exec(id)?.[1]);
  if (otherHash === undefined) return `An id such as ${own} expected.`;
  return ownHash === otherHash ? 'The same bits.' : `Other bits: ${otherHash}, here ${ownHash ?? 'none'}.`;
}
