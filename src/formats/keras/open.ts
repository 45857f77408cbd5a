/** Opens a file of Keras: a .keras archive, or HDF5 with or without the configuration of the model. */
import { FormatError } from '../../common/errors.js';
import { describe } from '../../common/describe.js';
import { Hdf5File, isHdf5 } from '../hdf5/read-hdf5.js';
import { readJson, type JsonObject } from '../json.js';
import { fieldOf } from '../keras-topology/config.js';
import { kindOfFile, OTHER_ADVICE } from '../other-files.js';
import { readDirectory, readFile } from '../zip/read-zip.js';

/** What a file of Keras has. */
export interface KerasFile {
  /** { class_name, config } of the model; undefined for weights alone. */
  readonly model: JsonObject | undefined;
  /** Version of Keras, if the file has it. */
  readonly version: unknown;
  readonly weights: Hdf5File;
}

/** Bytes that a compressed archive may have, beside its own size. */
const FREE_BYTES = 16 * 1024 * 1024;

const WEIGHTS = 'model.weights.h5';

function openArchive(where: string, bytes: Uint8Array): KerasFile {
  const entries = readDirectory(where, bytes);
  const read = (name: string): Uint8Array | undefined => {
    const entry = entries.find((one) => one.name === name);
    if (entry === undefined) return undefined;
    if (entry.size > bytes.length + FREE_BYTES) {
      throw new FormatError(
        `${where}: ${describe(name)} expected at most ${bytes.length + FREE_BYTES} bytes, got ${entry.size}. ` +
          'Keras does not compress its files: save the model again.',
      );
    }
    return readFile(where, bytes, entry);
  };
  const [config, metadata, weights] = ['config.json', 'metadata.json', WEIGHTS].map(read);
  if (config === undefined || weights === undefined) {
    const names = entries.slice(0, 5).map(({ name }) => describe(name));
    throw new FormatError(
      `${where}: file expected a .keras archive with config.json and ${WEIGHTS}, got ${names.join(', ') || 'none'}. ` +
        'Save the model in one file: model.save("model.keras").',
    );
  }
  const version = metadata && fieldOf(readJson(`${where}: metadata.json`, metadata), 'keras_version');
  const model = readJson(`${where}: config.json`, config);
  return { model, version, weights: new Hdf5File(where, weights) };
}

/** Opens a file. The bytes are a copy of the caller's, which does not change any more. */
export function openKeras(where: string, bytes: Uint8Array): KerasFile {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return openArchive(where, bytes);
  if (!isHdf5(bytes)) {
    const kind = kindOfFile(bytes) ?? 'something else';
    const advice = OTHER_ADVICE[kind] ?? 'In Python, model.save("model.keras") writes one.';
    throw new FormatError(`${where}: file expected a .keras archive or HDF5, got ${kind}. ${advice}`);
  }
  const weights = new Hdf5File(where, bytes);
  const config = weights.text('', 'model_config');
  const model = config === undefined ? undefined : readJson(`${where}: model_config`, config);
  return { model, version: weights.text('', 'keras_version'), weights };
}
