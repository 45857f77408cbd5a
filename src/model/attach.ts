/** Models that several threads predict from: a handle that can be posted, and what another thread makes of it. */
import { bufferOf, isFloat32Array, isList } from '../common/arrays.js';
import { restoreCustom } from '../common/custom.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { isRecord, readOptions } from '../common/options.js';
import { fieldsOf, isInstance } from '../common/objects.js';
import type { Inputs } from '../common/rows.js';
import { Machine, type MachineHandle } from '../engine/machine.js';
import { useLeftovers } from '../engine/threads/leftovers.js';
import { TILE_NAMES, type TileName } from '../engine/tile.js';
import { VERSION_WORDS, VersionReader } from '../engine/threads/version.js';
import { readArchitecture, type Architecture } from './architecture.js';
import { customCheck, type CustomObjects, type LoadOptions } from './custom.js';
import { InferenceModel, type BatchOptions } from './inference.js';

/** What `model.share` gives: to be posted to another thread as it is, and there taken by `attachModel`. */
export interface ModelHandle extends MachineHandle {
  /** Which handle this is. */
  readonly kind: 'wasm-mlp model';
  /** The network, without its weights. */
  readonly architecture: Architecture;
  /** Where the weights stand in the memory. */
  readonly weights: number;
  /** Where the words stand that tell of their changes. */
  readonly words: number;
  /** Which of the models that had these words it is. */
  readonly generation: number;
}

/** Whether a value is a handle, as a post leaves it: JSON, for one, keeps neither modules nor memories. */
function isHandle(value: unknown): value is ModelHandle {
  const { kind, module, tile, memory, maximumMemory, architecture, weights, words, generation } = fieldsOf(
    value,
    'kind',
    'module',
    'tile',
    'memory',
    'maximumMemory',
    'architecture',
    'weights',
    'words',
    'generation',
  );
  return (
    kind === 'wasm-mlp model' &&
    isInstance(module, WebAssembly.Module) &&
    isInstance(memory, WebAssembly.Memory) &&
    TILE_NAMES.includes(tile as TileName) &&
    isRecord(architecture) &&
    [maximumMemory, weights, words, generation].every((value) => Number.isSafeInteger(value))
  );
}

/** Predicts from the weights of a model of another thread. A change of the weights is seen as a whole: no prediction mixes two. */
class AttachedModel<O extends Float32Array | Float32Array[]> extends InferenceModel<O> {
  private readonly reader: VersionReader;

  constructor(handle: ModelHandle, architecture: Architecture) {
    const machine = new Machine(handle);
    const { memory } = machine;
    const reader = new VersionReader(memory.words(handle.words, VERSION_WORDS), handle.generation);
    reader.requireLive('attachModel');
    const blueprint = readArchitecture('attachModel', architecture);
    const leftovers = useLeftovers(memory);
    const { weights } = handle;
    const onDispose = (): void => {
      for (const stretch of memory.made) leftovers.leave(stretch);
      machine.dispose();
    };
    super({ machine, blueprint, where: 'attachModel', onDispose, weights });
    this.reader = reader;
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

  /** As in every model; where `out` lies in the memory of `x` it allocates a copy of that, since it may have to predict again. */
  override predictInto(x: Float32Array | readonly Float32Array[], out: O): O {
    const { reader, inputEnds, ends } = this;
    const xs = arraysOf(x, inputEnds.length);
    const moved = shareMemory(xs, arraysOf(out, ends.length));
    const rows = !moved ? x : isList(x) && x.length === xs.length ? xs.map(apart) : apart(x);
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

/** The arrays of one side: of a list as many as there are ends, since it may be of any length and is refused where it is read. */
const arraysOf = (side: unknown, count: number): readonly unknown[] =>
  isList(side) ? Array.from({ length: count }, (_, index) => side[index]) : [side];

/** Whether an array of one side lies in the memory of one of the other. What is no array is refused where it is read. */
function shareMemory(x: readonly unknown[], out: readonly unknown[]): boolean {
  return x.some((one) => out.some((other) => overlap(one, other)));
}

function overlap(x: unknown, out: unknown): boolean {
  if (!isFloat32Array(x) || !isFloat32Array(out)) return false;
  const buffers = [bufferOf(x), bufferOf(out)];
  // Two shared buffers may be one memory: each post makes an object of its own.
  return buffers[0] === buffers[1] || buffers.every((buffer) => !(buffer instanceof ArrayBuffer));
}

const apart = (one: unknown): Float32Array => (isFloat32Array(one) ? new Float32Array(one) : (one as Float32Array));

/**
 * A model of another thread, to predict with: from the same weights, without a copy, as they are at each call. It has only its activations for itself;
 * `dispose` gives them back to whoever attaches next, and a thread that ends without it leaves them taken for as long as the memory lives.
 * @throws ValueError for anything but what `model.share` gave, or where objects of one's own are missing from `custom`; FormatError for the handle of
 * another version of this library; StateError where the model has been disposed.
 * @example
 * // worker.js
 * onmessage = ({ data: { handle, row } }) => postMessage(attachModel(handle).predict([row]));
 */
export function attachModel<O extends Float32Array | Float32Array[] = Float32Array>(
  handle: ModelHandle,
  options?: LoadOptions,
): InferenceModel<O> {
  if (!isHandle(handle)) {
    throw new ValueError(
      `attachModel: handle expected what model.share gave, got ${describe(handle)}. ` +
        `It goes to other threads by postMessage or workerData, not as text.`,
    );
  }
  const { custom } = readOptions<{ custom: CustomObjects }>('attachModel', options, {
    custom: { check: customCheck, or: new Map() },
  });
  return new AttachedModel<O>(handle, restoreCustom(handle.architecture, custom) as Architecture);
}
