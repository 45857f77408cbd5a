/**
 * What one model holds of its engine's linear memory. Whoever allocates for a model does it here, so that all of it can
 * be freed at once: also by the collector, once nothing refers to the model any more. The collector runs when it
 * believes that there is much to gain, and it does not count shared memory; untouched buffers of the same size stand
 * for it.
 */
import type { Allocator } from './arena.js';

/** The least that is told to the collector: smaller models weigh less than their JavaScript objects. */
const LEAST = 64 * 1024;

/** The most that it is told of one object: V8 begins to collect when 64 MB of such memory are new. */
const MOST = 256 * 1024 * 1024;

/** What a model counts for besides its regions, about: its JavaScript objects. */
const MODEL_BYTES = 64 * 1024;

/** Bytes that were taken for models and engines since the event loop was last given a turn. */
let taken = 0;

/** Bytes after which it is to be given one. */
const MOST_TAKEN = 16 * 1024 * 1024;

/**
 * Whether a call that returns a promise should let the event loop run: so much was taken that it is worth to free what
 * is gone. A program that awaits nothing but this library may never come to its event loop otherwise, where finalizers
 * run.
 */
export function owesTurn(): boolean {
  if (taken < MOST_TAKEN) return false;
  taken = 0;
  return true;
}

/**
 * Tells the collector that an object is heavier than it looks: buffers of that size, which take address space but no
 * memory, since they are never written to. The object has to hold this one.
 */
export class Weight {
  private readonly buffers: ArrayBuffer[] = [];
  private told = 0;

  /** Says that the object holds so many bytes besides what the collector counts. Small changes are not told. */
  set(bytes: number): void {
    const more = Math.min(bytes, MOST) - this.told;
    if (more < LEAST || more < this.told / 8) return;
    this.told += more;
    taken += more;
    try {
      // One that can be resized is mapped, not allocated: its pages need not be cleared. Where that is not known the
      // option is ignored.
      this.buffers.push(new (ArrayBuffer as Resizable)(more, { maxByteLength: more }));
    } catch {
      // Address space is short. The collector will find out by other means.
    }
  }
}

type Resizable = new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer;

/**
 * The addresses of a holding. It does not refer to the holding, nor to anything of a model, so a finalizer may have it.
 */
class Regions {
  /** Bytes of each region by its address. */
  readonly sizes = new Map<number, number>();

  constructor(readonly arena: Allocator) {}

  free(): void {
    for (const start of this.sizes.keys()) this.arena.free(start);
    this.sizes.clear();
  }
}

/** Frees what was held by what is gone. Made when it is first needed; without it nothing would be called. */
let finalizer: FinalizationRegistry<() => void> | undefined;

/** Calls `finish` some time after nothing refers to `object` any more. `finish` must not refer to it either. */
export function whenCollected(object: object, finish: () => void): void {
  finalizer ??= new FinalizationRegistry((call) => call());
  finalizer.register(object, finish);
}

/**
 * Regions of an arena that belong to one model. They are freed when this object is collected, unless they were before.
 */
export class Holding implements Allocator {
  /** Bytes in regions now. */
  used = 0;
  private readonly regions: Regions;
  private readonly weight = new Weight();

  constructor(arena: Allocator) {
    this.regions = new Regions(arena);
    taken += MODEL_BYTES;
    whenCollected(this, freeing(this.regions));
  }

  allocate(bytes: number): number {
    const { arena, sizes } = this.regions;
    const start = arena.allocate(bytes);
    sizes.set(start, bytes);
    this.used += bytes;
    this.weight.set(this.used);
    return start;
  }

  free(start: number): void {
    const { arena, sizes } = this.regions;
    this.used -= sizes.get(start) ?? 0;
    sizes.delete(start);
    arena.free(start);
  }
}

/** A function of its own, since one that is made in the constructor would hold the object. */
function freeing(regions: Regions): () => void {
  return () => regions.free();
}
