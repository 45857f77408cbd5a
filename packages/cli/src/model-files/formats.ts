/**
 * The file formats of models: how each is told by its name, read and written. A new format is a new entry of `FORMATS`.
 * Libraries of a format are loaded only where it is used.
 */
import { basename, dirname, extname, join } from 'node:path';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { loadModel, type Model } from 'wasm-mlp';
import { Failure } from '../failure.js';

export type AnyModel = Model<Float32Array | Float32Array[]>;

/** A model with what its file says beside it. */
export interface OpenedModel {
  readonly model: AnyModel;
  /** Names of the classes, one per output. */
  readonly labels?: readonly (string | number)[] | undefined;
}

/** Files by name. */
export type WrittenFiles = Readonly<Record<string, Uint8Array | string>>;

export interface ModelFormat {
  readonly title: string;
  /** Ends of file names, the usual one first; with a dot. */
  readonly extensions: readonly string[];
  readonly read?: (path: string, bytes: Uint8Array) => Promise<OpenedModel>;
  /** Returns the files to write beside each other. `name` is that of the main one. */
  readonly write?: (opened: OpenedModel, name: string) => Promise<WrittenFiles>;
}

const labelsOf = ({
  labels,
}: {
  readonly labels?: readonly (string | number)[];
}): { labels?: readonly (string | number)[] } => (labels === undefined ? {} : { labels });

export const FORMATS = {
  safetensors: {
    title: 'safetensors of this library',
    extensions: ['.safetensors'],
    read: async (_path, bytes) => ({ model: await loadModel(bytes) }),
    write: ({ model }, name) => Promise.resolve({ [name]: model.save({ includeOptimizer: false }) }),
  },
  onnx: {
    title: 'ONNX',
    extensions: ['.onnx'],
    read: async (path, bytes) => {
      const { importOnnx } = await import('wasm-mlp/onnx');
      const model = await importOnnx<Float32Array | Float32Array[]>(bytes, { externalData: dataBeside(path) });
      return { model, ...labelsOf(model) };
    },
    write: async ({ model, labels }, name) => {
      const { exportOnnx } = await import('wasm-mlp/onnx');
      return { [name]: exportOnnx(model, { labels }) };
    },
  },
  tfjs: {
    title: 'TensorFlow.js LayersModel',
    extensions: ['.json'],
    read: async (path, bytes) => {
      const { fromTfjs } = await import('wasm-mlp/tfjs');
      const meta = join(dirname(path), 'model_meta.json');
      const options = existsSync(meta) ? { meta: readFileSync(meta) } : {};
      const model = await fromTfjs<Float32Array | Float32Array[]>(bytes, (shard) => besideOf(path, shard), options);
      return { model, ...labelsOf(model) };
    },
    write: async ({ model }, name) => {
      const { toTfjs } = await import('wasm-mlp/tfjs');
      const { 'model.json': topology, ...shards } = toTfjs(model);
      // Weights are named after their model, so that two models in a folder keep theirs.
      const own = (shard: string): string => `${name.replace(/\.json$/, '')}.${shard}`;
      const manifest = Object.keys(shards).reduce(
        (text, shard) => text.replaceAll(JSON.stringify(shard), JSON.stringify(own(shard))),
        new TextDecoder().decode(topology),
      );
      return {
        [name]: manifest,
        ...Object.fromEntries(Object.entries(shards).map(([shard, bytes]) => [own(shard), bytes])),
      };
    },
  },
  keras: {
    title: 'Keras',
    extensions: ['.keras', '.h5', '.hdf5'],
    read: async (_path, bytes) => {
      const { fromKeras } = await import('wasm-mlp/keras');
      return { model: await fromKeras<Float32Array | Float32Array[]>(bytes) };
    },
  },
  brain: {
    title: 'brain.js',
    extensions: ['.json'],
    read: async (_path, bytes) => {
      const { fromBrain } = await import('wasm-mlp/brain');
      const model = await fromBrain(bytes);
      return { model, ...labelsOf(model) };
    },
  },
  numpy: {
    title: 'weights for NumPy',
    extensions: ['.npz'],
    write: async ({ model }, name) => {
      const { writeNpz } = await import('wasm-mlp/numpy');
      return { [name]: writeNpz(model.getWeights()) };
    },
  },
  module: {
    title: 'one JavaScript module',
    extensions: ['.mjs', '.js'],
    write: async ({ model, labels }, name) => {
      const { toModule } = await import('wasm-mlp/module');
      return {
        [name]: toModule(model, { labels }),
        [name.replace(/\.(m?)js$/, '.d.$1ts')]: toModule(model, { labels, declarations: true }),
      };
    },
  },
} as const satisfies Readonly<Record<string, ModelFormat>>;

export type FormatName = keyof typeof FORMATS;

const entries = Object.entries(FORMATS) as [FormatName, ModelFormat][];

/** Formats that can be read, or written, with the ends of their names, for help and messages. */
export const formatsThat = (way: 'read' | 'write'): string =>
  entries
    .filter(([, format]) => format[way] !== undefined)
    .map(([name, { extensions }]) => `${name} (${extensions.join(', ')})`)
    .join(', ');

export const isFormatName = (name: string): name is FormatName => Object.hasOwn(FORMATS, name);

/**
 * Returns the format of a file to read, by its name and, for JSON, by its content.
 * @throws Failure if it is none of them.
 */
export function formatToRead(path: string, bytes: Uint8Array): FormatName {
  const extension = extname(path).toLowerCase();
  if (extension === '.json') return new TextDecoder().decode(bytes).includes('"modelTopology"') ? 'tfjs' : 'brain';
  const found = entries.find(([, { extensions, read }]) => read !== undefined && extensions.includes(extension));
  if (found !== undefined) return found[0];
  throw new Failure(
    `${basename(path)}: cannot tell the format of the model by its name. Known: ${formatsThat('read')}.`,
  );
}

/**
 * Returns the format of a file to write, by its name.
 * @throws Failure if it is none of them.
 */
export function formatToWrite(path: string): FormatName {
  const extension = extname(path).toLowerCase();
  const found = entries.find(([, { extensions, write }]) => write !== undefined && extensions.includes(extension));
  if (found !== undefined) return found[0];
  throw new Failure(`${basename(path)}: cannot tell the format to write by its name. Known: ${formatsThat('write')}.`);
}

/** Reads a file beside another one, by the name that the other gives it. */
function besideOf(path: string, name: string): Uint8Array {
  if (basename(name) !== name) throw new Failure(`${basename(path)} names the file ${name}, which is not beside it.`);
  const file = join(dirname(path), name);
  if (!existsSync(file)) throw new Failure(`${basename(path)} needs ${name} beside it, which is not there.`);
  return readFileSync(file);
}

/** Files with the name of a model and more behind it, such as model.onnx.data. */
function dataBeside(path: string): Record<string, Uint8Array> {
  const name = basename(path);
  const files = readdirSync(dirname(path)).filter(
    (other) => (other !== name && other.startsWith(`${name}.`)) || other === `${name}_data`,
  );
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(dirname(path), file))]));
}
