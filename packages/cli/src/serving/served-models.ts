/** The models of a server by name. Each has a current version, which a newer one replaces while requests run. */
import { nearest } from '../terminal/nearest.js';
import { Batcher, type BatchOptions, type Done, type Execute } from './batcher.js';
import type { Metrics, ModelCounts } from './metrics.js';
import type { Rows, Servable } from './servables/servable.js';
import { RequestError, shown } from './protocol/request-error.js';

/** Characters of the hash of the weights that name a version. */
const HASH_LENGTH = 12;

/** Returns what computes the rows of a model: this thread, or others. */
export type Installer = (
  servable: Servable,
) => Promise<{ readonly execute: Execute<Rows>; readonly remove: () => void }>;

/** One version of a model: the weights of a file. It ends once it was replaced and its last request has its reply. */
export class ModelVersion {
  /** Start of the hash of its weights: the same for the same weights on every server. */
  readonly version: string;
  private readonly batcher: Batcher<Rows>;
  private requests = 0;
  private isRetired = false;

  constructor(
    readonly model: string,
    readonly servable: Servable,
    readonly counts: ModelCounts,
    options: BatchOptions,
    execute: Execute<Rows>,
    private readonly onEnd: () => void,
  ) {
    this.version = versionOf(servable);
    const join = (parts: readonly Rows[]): Rows => servable.join(parts);
    this.batcher = new Batcher(join, execute, options, (requests) => counts.batches.observe(requests));
  }

  get outputs(): Servable['outputs'] {
    return this.servable.outputs;
  }

  compute(rows: Rows, done: Done): void {
    this.requests += 1;
    this.batcher.add(rows, (error, values, first) => {
      this.requests -= 1;
      done(error, values, first);
      this.servable.release?.(rows);
      if (this.isRetired && this.requests === 0) this.onEnd();
    });
  }

  /** Ends the version after the requests that run. */
  retire(): void {
    this.isRetired = true;
    if (this.requests === 0) this.onEnd();
  }
}

const versionOf = ({ hash }: Servable): string => hash.slice(0, HASH_LENGTH);

export class ServedModels {
  private readonly current = new Map<string, ModelVersion>();

  constructor(
    private readonly metrics: Metrics,
    private readonly options: BatchOptions,
    private readonly install: Installer,
  ) {}

  get names(): string[] {
    return [...this.current.keys()];
  }

  /**
   * Returns the current version of a model.
   * @throws RequestError if there is none of this name, or it has another version.
   */
  find(name: string, version: string | undefined): ModelVersion {
    const found = this.current.get(name);
    if (found === undefined) {
      const { names } = this;
      const similar = nearest(name, names);
      const hint = similar === undefined ? '' : ` Did you mean ${shown(similar)}?`;
      throw new RequestError(`model expected one of ${names.map(shown).join(', ')}, got ${shown(name)}.${hint}`, 404);
    }
    if (version !== undefined && version !== found.version) {
      throw new RequestError(`${name}: version expected ${found.version}, got ${shown(version)}.`, 404);
    }
    return found;
  }

  /** Serves a model under a name from now on. What was served under it ends after its requests. */
  async set(name: string, servable: Servable): Promise<ModelVersion> {
    const { execute, remove } = await this.install(servable);
    const counts = this.metrics.ofModel(name, versionOf(servable));
    const version = new ModelVersion(name, servable, counts, this.options, execute, () => {
      remove();
      servable.dispose();
    });
    const before = this.current.get(name);
    this.current.set(name, version);
    before?.retire();
    return version;
  }
}

/** Returns what computes rows in this thread. */
export const computeHere =
  ({ compute }: Servable): Execute<Rows> =>
  (rows, done) => {
    let values;
    try {
      values = compute(rows);
    } catch (error) {
      done(error, []);
      return;
    }
    done(undefined, values);
  };

/** Computes in this thread. */
export const installHere: Installer = (servable) =>
  Promise.resolve({ execute: computeHere(servable), remove: () => undefined });
