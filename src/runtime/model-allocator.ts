/**
 * Memory that one model holds in its engine's linear memory. Everything that is allocated for a model is allocated
 * through its `ModelAllocator`, so that a finalizer can free all of it at once when nothing refers to the model any
 * more.
 *
 * The garbage collector runs when it expects to free much memory, and it does not count shared memory.
 * `CollectorPressure` makes up for that: untouched buffers of the same size stand in for the shared memory. arena.ts
 * does the allocation itself.
 */
import type { Allocator } from './arena.js';

/** Smallest size reported to the collector: smaller models weigh less than their JavaScript objects. */
const LEAST = 64 * 1024;

/** Largest size reported for one object: V8 starts a collection at 64 MB of new memory of this kind. */
const MOST = 256 * 1024 * 1024;

/** Approximate size of the JavaScript objects of a model, which count in addition to its regions. */
const MODEL_BYTES = 64 * 1024;

/** Bytes allocated for models and engines since takeFinalizerTurn last returned true. */
let taken = 0;

/** Bytes after which the event loop should run. */
const MOST_TAKEN = 16 * 1024 * 1024;

/**
 * Whether a call that returns a promise should yield to the event loop, because so much was allocated that freeing the
 * memory of collected models is worth it. Finalizers run in the event loop, and a program that awaits nothing but this
 * library may otherwise never get there. Resets the count when it returns true.
 */
export function takeFinalizerTurn(): boolean {
  if (taken < MOST_TAKEN) return false;
  taken = 0;
  return true;
}

/**
 * Makes the collector count an object as heavier than it looks, by buffers of that size. They take address space but no
 * memory, since they are never written to. The object has to refer to this one.
 */
export class CollectorPressure {
  private readonly buffers: ArrayBuffer[] = [];
  private reported = 0;

  /** Reports that the object holds `bytes` bytes besides what the collector counts. Small changes are not reported. */
  set(bytes: number): void {
    const more = Math.min(bytes, MOST) - this.reported;
    if (more < LEAST || more < this.reported / 8) return;
    this.reported += more;
    taken += more;
    try {
      // A resizable buffer is mapped rather than allocated, so its pages need not be cleared. Older platforms ignore
      // the option.
      this.buffers.push(new (ArrayBuffer as Resizable)(more, { maxByteLength: more }));
    } catch {
      // Address space is short. The collector still learns of the object by its other memory.
    }
  }
}

type Resizable = new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer;

/**
 * The addresses of a model's memory. It refers neither to the `ModelAllocator` nor to anything else of the model, so a
 * finalizer may refer to it.
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

/**
 * Runs the clean-up of collected objects. Created on first use, and kept here: a registry that is collected itself
 * calls nothing.
 */
let finalizer: FinalizationRegistry<() => void> | undefined;

/** Calls `finish` some time after nothing refers to `object` any more. `finish` must not refer to `object` either. */
export function whenCollected(object: object, finish: () => void): void {
  finalizer ??= new FinalizationRegistry((call) => call());
  finalizer.register(object, finish);
}

/** Regions of an arena that belong to one model. They are freed, at the latest, when this object is collected. */
export class ModelAllocator implements Allocator {
  /** Bytes in regions that are allocated now. */
  used = 0;
  private readonly regions: Regions;
  private readonly pressure = new CollectorPressure();

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
    this.pressure.set(this.used);
    return start;
  }

  free(start: number): void {
    const { arena, sizes } = this.regions;
    this.used -= sizes.get(start) ?? 0;
    sizes.delete(start);
    arena.free(start);
  }
}

/** A separate function: a closure made in the constructor would keep the object alive. */
function freeing(regions: Regions): () => void {
  return () => regions.free();
}
