/**
 * What a checkpoint holds beside the model: the position in the training, and what callbacks remember. Both go into the
 * file of `model.save`, which stays one that `loadModel` and other readers of safetensors take: the position and
 * numbers as metadata, tensors of callbacks as `optimizer.callbacks.INDEX.NAME`.
 */
import { FormatError } from '../common/errors.js';
import { ownOf } from '../common/objects.js';
import { isRecord, setField } from '../common/options.js';
import { allFinite, type NamedTensor } from '../common/tensors.js';
import { decodeSafetensors } from '../formats/safetensors.js';
import type { CallbackState } from '../training/callbacks/callback.js';

/** Position in a training, and what callbacks remember there. */
export interface Position {
  /** Epochs that are finished, those before `initialEpoch` included. */
  readonly epoch: number;
  /** Batches of the next epoch that are finished; 0 between epochs. */
  readonly batch: number;
  /** Logs at that moment. */
  readonly logs: Readonly<Record<string, number>>;
  /** State of each callback that remembers something, in their order. */
  readonly callbacks: readonly CallbackState[];
}

/** Metadata field of the position; the model's own is `wasm-mlp`. */
const FIELD = 'wasm-mlp-checkpoint';

const PREFIX = 'optimizer.callbacks.';
const ALIGNMENT = 8;

type Header = Record<
  string,
  { readonly dtype: string; readonly shape: readonly number[]; readonly data_offsets?: readonly [number, number] }
>;

/** Splits a file into its header and its data. */
function split(file: Uint8Array): { readonly header: Header; readonly data: Uint8Array } {
  const start = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return {
    header: JSON.parse(new TextDecoder().decode(file.subarray(8, start))) as Header,
    data: file.subarray(start),
  };
}

/** Whether all weights in a file of `model.save` are finite: `loadModel` refuses others. */
function weightsAreFinite(header: Header, data: Uint8Array): boolean {
  return Object.entries(header).every(([name, { data_offsets: offsets }]) => {
    if (offsets === undefined || name.startsWith('optimizer.')) return true;
    const [begin, end] = offsets;
    return allFinite(new Float32Array(data.buffer, data.byteOffset + begin, (end - begin) / 4));
  });
}

/** Numbers as texts: JSON has no infinities. What is no number, as wrapped hooks may pass, is left out. */
const numberTexts = (numbers: Readonly<Record<string, unknown>>): Record<string, string> => {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(numbers))
    if (typeof value === 'number') setField(texts, name, String(value));
  return texts;
};

/**
 * Returns the parts of a checkpoint: a file of `model.save` with a position. Undefined if its weights are not finite.
 */
export function checkpointParts(file: Uint8Array, position: Position): Uint8Array[] | undefined {
  const { header, data } = split(file);
  if (!weightsAreFinite(header, data)) return undefined;
  const added: Uint8Array[] = [];
  let end = data.length;
  const callbacks = position.callbacks.map(({ kind, numbers, tensors, stopped }, index) => ({
    kind,
    numbers: numberTexts(numbers),
    ...(stopped && { stopped }),
    ...(tensors && {
      tensors: tensors.map(({ name, shape, data: values }) => {
        const whole = `${PREFIX}${index}.${name}`;
        const entry = { dtype: 'F32', shape, data_offsets: [end, end + values.byteLength] as [number, number] };
        header[whole] = entry;
        end += values.byteLength;
        added.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
        return whole;
      }),
    }),
  }));
  const { epoch, batch, logs } = position;
  const text = JSON.stringify({ epoch, batch, logs: numberTexts(logs), callbacks });
  (header.__metadata__ as unknown as Record<string, string>)[FIELD] = text;
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = new Uint8Array(8 + Math.ceil(json.length / ALIGNMENT) * ALIGNMENT).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - 8), true);
  start.set(json, 8);
  return [start, data, ...added];
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function refuse(expected: string): never {
  throw new FormatError(`latestCheckpoint: field ${FIELD} expected ${expected}, got something else.`);
}

/** Reads numbers that were written as texts. */
function readNumbers(texts: unknown): Record<string, number> {
  if (!isRecord(texts)) return refuse('numbers by name');
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(texts)) {
    if (typeof value !== 'string') refuse('numbers as texts');
    setField(numbers, name, Number(value));
  }
  return numbers;
}

function readState(state: unknown, tensors: ReadonlyMap<string, NamedTensor>): CallbackState {
  if (!isRecord(state) || typeof state.kind !== 'string') return refuse('a state for each callback');
  const names = ownOf(state, 'tensors');
  if (names !== undefined && !Array.isArray(names)) refuse('names of tensors');
  const found = (names as readonly unknown[] | undefined)?.map((name) => {
    const tensor = typeof name === 'string' && name.startsWith(PREFIX) ? tensors.get(name) : undefined;
    if (tensor === undefined) return refuse('names of tensors in the file');
    // A copy: the bytes are the caller's.
    return {
      name: tensor.name.slice(PREFIX.length).replace(/^\d+\./, ''),
      shape: tensor.shape,
      data: tensor.data.slice(),
    };
  });
  const stopped = ownOf(state, 'stopped') === true;
  return { kind: state.kind, numbers: readNumbers(state.numbers), tensors: found, stopped };
}

/**
 * Reads the position of a checkpoint; undefined for a file that `model.save` wrote.
 * @throws FormatError for a file that is damaged.
 */
export function readPosition(file: Uint8Array): Position | undefined {
  const { metadata, tensors } = decodeSafetensors('latestCheckpoint', file);
  const text = ownOf(metadata, FIELD);
  if (text === undefined) return undefined;
  let position: unknown;
  try {
    position = JSON.parse(text);
  } catch {
    refuse('JSON');
  }
  if (!isRecord(position)) return refuse('an object');
  const { epoch, batch, callbacks } = position;
  if (!isCount(epoch) || !isCount(batch) || !Array.isArray(callbacks)) return refuse('counts and a list of states');
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return {
    epoch,
    batch,
    logs: readNumbers(position.logs),
    callbacks: callbacks.map((state) => readState(state, byName)),
  };
}
