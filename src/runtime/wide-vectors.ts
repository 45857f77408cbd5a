/**
 * What this thread knows of vectors wider than 128 bits that a JavaScript engine uses unasked. engine/notice-wide.ts
 * looks for them, simd256.ts sets V8's flag where a user asks for it.
 */
export const wideVectors: {
  /** Begins to look for them if it is time, once; undefined until an engine could use them. */
  look: (() => void) | undefined;
  /** How much faster the tile for wide vectors is, once it proved to be; engines made afterwards have it. */
  gain: number | undefined;
} = { look: undefined, gain: undefined };
