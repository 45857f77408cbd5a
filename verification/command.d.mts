/**
 * Types of what the command `wasm-mlp verify` is built of. They name no source of the library: the command is compiled
 * without the types of browsers, and has the built library.
 */

/** The built library. */
type Library = object;

/** The library, and what is beside it in files of its own. */
export interface Built {
  readonly library: Library;
  readonly exportOnnx: (...args: never) => Uint8Array;
}

/** What computes here. */
export interface Machine {
  readonly engine: string;
  readonly processor: string;
  /** Vectors, tile and threads. */
  readonly kernels: string;
  /** Whether the library promises the same bits here. */
  readonly sameBits: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
}

/** By subject. */
export type Hashes = Record<string, string>;

export interface HashFile {
  readonly comments: readonly string[];
  /** By seed. */
  readonly networks: ReadonlyMap<number, Hashes>;
}

/** Called after each of `count` parts of the work. */
export type Progress = (done: number, count: number) => void;

export interface VectorResult {
  readonly name: string;
  /** What it covers. */
  readonly about: string;
  /** The version of the library whose numerics these are. */
  readonly numerics: string;
  /** Undefined where the bits are the same. */
  readonly difference: string | undefined;
}

export interface NetworkDifference {
  readonly seed: number;
  readonly subjects: readonly string[];
}

export function machineHere(library: Library): Promise<Machine>;
export function verifyVectors(library: Library, folder?: string, progress?: Progress): Promise<VectorResult[]>;
export function hashNetworks(built: Built, count: number, progress?: Progress): Promise<Map<number, Hashes>>;
export function compareNetworks(built: Built, file: HashFile, progress?: Progress): Promise<NetworkDifference[]>;
export function formatHashes(file: HashFile): string;
/** @throws Error for what is no file of hashes, with the line. */
export function parseHashes(text: string): HashFile;
