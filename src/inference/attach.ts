/**
 * Models that several threads predict from: the handle that can be posted, its checks, and the attached model that
 * another thread makes of it. model/sharing.ts makes handles; runtime/threads/seqlock.ts has the sequence lock.
 */
import { isFloat32Array, isList, mayOverlap, typedLength } from '../common/arrays.js';
import { restoreCustom } from '../common/custom.js';
import { describe, sentence } from '../common/describe.js';
import { ValueError, WasmMlpError } from '../common/errors.js';
import { fieldOf, fieldsOf, isInstance, ownOf } from '../common/objects.js';
import { isRecord, readOptions } from '../common/options.js';
import type { Inputs } from '../common/rows.js';
import { ALIGNMENT } from '../runtime/arena.js';
import { FIRST_ADDRESS } from '../runtime/constants.generated.js';
import { instantiateInt8 } from '../runtime/int8/products.js';
import { whenCollected } from '../runtime/model-allocator.js';
import { WasmRuntime, MAXIMUM_BYTES, type RuntimeHandle } from '../runtime/wasm-runtime.js';
import { useSharedFreeList } from '../runtime/threads/shared-free-list.js';
import { TILE_NAMES, type TileName } from '../runtime/tile.js';
import { hasChecksum, requireLive, SEQLOCK_WORDS, SeqlockReader } from '../runtime/threads/seqlock.js';
import { planNetwork } from '../graph/plan.js';
import { FACTORIES } from '../layers/registry.js';
import { architectureOf, readArchitecture, type Architecture } from '../graph/architecture.js';
import { customCheck, type CustomObjects, type LoadOptions } from './custom-objects.js';
import { InferenceModel, type BatchOptions } from './inference-model.js';

/**
 * Result of `model.share`: to be posted unchanged to another thread and passed to `attachModel` there.
 * @category Engines and threads
 */
export interface ModelHandle extends RuntimeHandle {
  /** Marks the object as a handle of this library. */
  readonly kind: 'wasm-mlp model';
  /** The network, without its weights. */
  readonly architecture: Architecture;
  /** Address of the weights in the memory. */
  readonly weights: number;
  /** Address of the words of the sequence lock that guards the weights. */
  readonly words: number;
  /** Number of the model among those that have used these words, which are reused. */
  readonly generation: number;
}

/**
 * Returns a checksum (FNV-1a) of what decides how a handle's memory is read. `model.share` leaves it beside the
 * weights: a handle with another architecture, or with addresses of another model, does not have it.
 */
export function checksumOf(
  { tile, weights, words, generation }: Pick<ModelHandle, 'tile' | 'weights' | 'words' | 'generation'>,
  architecture: Architecture,
): number {
  const text = `${tile} ${weights} ${words} ${generation} ${JSON.stringify(architecture)}`;
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

const FIELDS = [
  'kind',
  'module',
  'tile',
  'memory',
  'maximumMemory',
  'int8',
  'architecture',
  'weights',
  'words',
  'generation',
] as const;

/** The fields of a handle, each read once. */
type Given = Partial<Record<keyof ModelHandle, unknown>>;

/** Whether a value is a handle as posting delivers it. JSON, for example, keeps neither modules nor memories. */
const isHandle = ({ kind, module, tile, memory, int8, architecture }: Given): boolean =>
  kind === 'wasm-mlp model' &&
  isInstance(module, WebAssembly.Module) &&
  isInstance(memory, WebAssembly.Memory) &&
  TILE_NAMES.includes(tile as TileName) &&
  (int8 === undefined || isInstance(fieldOf(int8, 'module'), WebAssembly.Module)) &&
  isRecord(architecture);

/**
 * Reads a handle. Its numbers are addresses: with a wrong one, predictions would read, and the sequence lock would
 * write, memory of other models. Each must therefore be an address that `model.share` can have used.
 */
function readHandle(value: unknown): ModelHandle {
  const given: Given = fieldsOf(value, ...FIELDS);
  if (!isHandle(given)) {
    throw new ValueError(
      `attachModel: handle expected what model.share gave, got ${describe(value)}. ` +
        `It goes to other threads by postMessage or workerData, not as text.`,
    );
  }
  const { memory, maximumMemory, weights, words, generation } = given;
  const { buffer } = memory as WebAssembly.Memory;
  const bytes = buffer.byteLength;
  if (buffer instanceof ArrayBuffer) throw refusal('memory', 'a shared one', 'one that is not');
  const within = (what: keyof ModelHandle, number: unknown, least: number, most: number, step = 1): void => {
    if (Number.isSafeInteger(number) && (number as number) >= least && (number as number) <= most) {
      if ((number as number) % step === 0) return;
    }
    const multiple = step === 1 ? 'an integer' : `a multiple of ${step}`;
    throw refusal(what, `${multiple} from ${least} to ${most}`, describe(number));
  };
  within('maximumMemory', maximumMemory, bytes, MAXIMUM_BYTES);
  within('weights', weights, FIRST_ADDRESS, bytes, ALIGNMENT);
  within('words', words, FIRST_ADDRESS, bytes - 4 * SEQLOCK_WORDS, ALIGNMENT);
  within('generation', generation, -(2 ** 31), 2 ** 31 - 1);
  return given as ModelHandle;
}

const refusal = (what: keyof ModelHandle, expected: string, got: string): ValueError =>
  new ValueError(`attachModel: handle expected ${what} to be ${expected}, got ${got}. Pass on what model.share gave.`);

/** Makes a runtime on the memory of a handle. */
function runtimeOn(handle: ModelHandle): WasmRuntime {
  const int8 = ownOf(handle, 'int8');
  try {
    const runtime = new WasmRuntime(handle);
    if (int8 !== undefined) runtime.useInt8((memory) => instantiateInt8(int8, memory));
    return runtime;
  } catch (error) {
    if (error instanceof WasmMlpError) throw error;
    throw refusal('memory', 'that of its kernels', `one that they do not take: ${sentence((error as Error).message)}`);
  }
}

/**
 * Returns a function that leaves the memory of an attached runtime to others, once. Made in a separate function, since
 * a closure made in a constructor would keep its object alive.
 */
function makeRelease(runtime: WasmRuntime): () => void {
  const { memory } = runtime;
  const freeList = useSharedFreeList(memory);
  return () => {
    for (const stretch of memory.ownedRanges.splice(0)) freeList.leave(stretch);
    runtime.dispose();
  };
}

/**
 * Predicts from the weights of a model of another thread. Every prediction uses one version of the weights, never a
 * mixture of two.
 */
class AttachedModel<O extends Float32Array | Float32Array[]> extends InferenceModel<O> {
  private readonly reader: SeqlockReader;

  constructor(handle: ModelHandle, architecture: Architecture) {
    const { weights, generation } = handle;
    const blueprint = readArchitecture('attachModel', architecture, FACTORIES);
    const plan = planNetwork('attachModel', blueprint.graph);
    const runtime = runtimeOn(handle);
    const { memory } = runtime;
    const most = memory.bytes - 4 * plan.parameterFloats;
    if (weights > most) throw refusal('weights', `at most ${most}, so that they lie in the memory`, `${weights}`);
    const lock = memory.words(handle.words, SEQLOCK_WORDS);
    requireLive('attachModel', lock, generation);
    // Before anything is written there.
    if (!hasChecksum(lock, checksumOf(handle, architectureOf(blueprint)))) {
      throw new ValueError(
        `attachModel: handle expected architecture, addresses and tile of one model, got those of different ones. ` +
          `Pass on what model.share gave.`,
      );
    }
    const reader = new SeqlockReader(lock, generation);
    const onDispose = makeRelease(runtime);
    super({ runtime, blueprint, plan, where: 'attachModel', onDispose, readOptions, weights });
    this.reader = reader;
    whenCollected(this, onDispose);
  }

  override predict(x: Inputs, options?: BatchOptions): O {
    const { reader } = this;
    try {
      for (;;) {
        const version = reader.begin('predict');
        const y = super.predict(x, options);
        if (reader.end('predict', version)) return y;
      }
    } finally {
      reader.release();
    }
  }

  /**
   * As in every model. If `out` lies in the memory of `x`, allocates a copy of `x`, since the prediction may have to be
   * repeated.
   */
  override predictInto(x: Float32Array | readonly Float32Array[], out: O): O {
    const { reader } = this;
    const { inputSpecs, outputSpecs } = this.state;
    const rows = sharesMemory(x, inputSpecs.length, out, outputSpecs.length) ? copiesOf(x, inputSpecs.length) : x;
    try {
      for (;;) {
        const version = reader.begin('predictInto');
        super.predictInto(rows, out);
        if (reader.end('predictInto', version)) return out;
      }
    } finally {
      reader.release();
    }
  }
}

/**
 * Whether an input array shares memory with an output array. Ignores values that are no arrays and surplus list
 * elements: they are refused where they are read.
 */
function sharesMemory(x: unknown, inputs: number, out: unknown, outputs: number): boolean {
  for (let i = 0; i < (isList(x) ? inputs : 1); i++) {
    const one: unknown = isList(x) ? x[i] : x;
    if (!isFloat32Array(one)) continue;
    for (let j = 0; j < (isList(out) ? outputs : 1); j++) {
      const other: unknown = isList(out) ? out[j] : out;
      if (isFloat32Array(other) && mayOverlap(one, other)) return true;
    }
  }
  return false;
}

type OneOrSeveral = Float32Array | readonly Float32Array[];

function copiesOf(x: OneOrSeveral, count: number): OneOrSeveral {
  if (!isList(x)) return copyOf(x);
  return x.length === count ? Array.from({ length: count }, (_, i) => copyOf(x[i])) : x;
}

/** Copies an array unless it is empty. */
const copyOf = (one: Float32Array): Float32Array =>
  isFloat32Array(one) && typedLength(one) > 0 ? new Float32Array(one) : one;

/**
 * Attaches a model of another thread, to predict with: it uses the same weights, without a copy, as they are at each
 * call. It allocates only its activations. `dispose` makes that memory available to the next attached model; a thread
 * that ends without calling it leaves the memory allocated until the shared memory itself is freed.
 * @throws ValueError for anything but a result of `model.share`, or where custom objects are missing from `custom`;
 * FormatError for the handle of another version of this library; StateError where the model has been disposed.
 * @example
 * // worker.js
 * onmessage = ({ data: { handle, row } }) => postMessage(attachModel(handle).predict([row]));
 * @category Engines and threads
 */
export function attachModel<O extends Float32Array | Float32Array[] = Float32Array>(
  handle: ModelHandle,
  options?: LoadOptions,
): InferenceModel<O> {
  const read = readHandle(handle);
  const { custom } = readOptions<{ custom: CustomObjects }>('attachModel', options, {
    custom: { check: customCheck, or: new Map() },
  });
  const architecture = restoreCustom('attachModel: architecture', read.architecture, custom) as Architecture;
  return new AttachedModel<O>(read, architecture);
}
