/**
 * Where Keras' files have the weights of a layer. Keras 3 names a group by the class of the layer and its number among
 * those of its class in the model, `layers/dense_1/vars/0`; Keras 2 and whole models in HDF5 by the name of the layer,
 * `model_weights/hidden/hidden/kernel:0`.
 */
import { isRecord } from '../../common/options.js';
import type { Dataset, Hdf5File } from '../hdf5/read-hdf5.js';
import { fieldOf } from '../keras-topology/config.js';
import { MOST_LEVELS } from '../keras-topology/topology.js';
import type { StoredWeight, WeightSource } from '../keras-topology/weights.js';

/** Separates parts of a key: no name has it. */
const BETWEEN = '\0';

const keyOf = (path: readonly string[], name: string): string => [...path, name].join(BETWEEN);

/** The name of a class with underscores, as Keras has it: `PReLU` is `p_re_lu`. */
export const underscored = (className: string): string =>
  className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** Returns names with a number each, from the second of a name on. */
export class Numbers {
  private readonly used = new Map<string, number>();

  next(name: string): string {
    const number = this.used.get(name) ?? 0;
    this.used.set(name, number + 1);
    return number === 0 ? name : `${name}_${number}`;
  }
}

const stored = (path: string, dataset: Dataset | undefined): StoredWeight | undefined => {
  if (dataset === undefined) return undefined;
  const where = `array "${path}"`;
  return { where, shape: dataset.shape, read: () => dataset.read(where) };
};

/** Keras 2.13 and 2.14 have the layers under another name. */
const asLayers = (path: string): string => path.replaceAll('_layer_checkpoint_dependencies', 'layers');

/** Weights as Keras 3 writes them. */
export class NumberedWeights implements WeightSource {
  /** By the names of a layer and of the models around it. */
  private readonly groups = new Map<string, string>();
  private readonly datasets: ReadonlyMap<string, Dataset>;

  constructor(file: Hdf5File, config: unknown) {
    this.datasets = new Map([...file.datasets].map(([path, dataset]) => [asLayers(path), dataset]));
    this.place(config, [], '');
  }

  /** Places the layers of a model, whose group begins with `prefix`. */
  private place(config: unknown, path: readonly string[], prefix: string): void {
    const layers = isRecord(config) ? fieldOf(config, 'layers') : config;
    if (!Array.isArray(layers) || path.length > MOST_LEVELS) return;
    const numbers = new Numbers();
    for (const layer of layers) {
      if (!isRecord(layer)) continue;
      const [className, own] = [fieldOf(layer, 'class_name'), fieldOf(layer, 'config')];
      const name = fieldOf(layer, 'name') ?? (isRecord(own) ? fieldOf(own, 'name') : undefined);
      if (typeof className !== 'string' || typeof name !== 'string') continue;
      const group = `${prefix}layers/${numbers.next(underscored(className))}`;
      this.groups.set(keyOf(path, name), group);
      if (isRecord(own) && Array.isArray(fieldOf(own, 'layers'))) this.place(own, [...path, name], `${group}/`);
    }
  }

  find(layer: string, _: string, index: number, path: readonly string[]): StoredWeight | undefined {
    const group = this.groups.get(keyOf(path, layer));
    if (group === undefined) return undefined;
    const place = `${group}/vars/${index}`;
    return stored(place, this.datasets.get(place));
  }
}

/** Weights as Keras 2 writes them. */
export class NamedWeights implements WeightSource {
  /** By the outermost layer, the layer, and the name of the weight. */
  private readonly weights = new Map<string, StoredWeight>();

  constructor(file: Hdf5File) {
    const root = 'model_weights/';
    const whole = [...file.datasets.keys()].some((path) => path.startsWith(root));
    for (const [path, dataset] of file.datasets) {
      if (whole && !path.startsWith(root)) continue;
      const weight = stored(path, dataset)!;
      const parts = path.slice(whole ? root.length : 0).split('/');
      const [name] = parts.slice(-1).map((one) => one.replace(/:0$/, ''));
      // The first layer of a group is the one that a shorter path means.
      for (const layer of [parts[0], parts.at(-2) ?? '']) {
        const key = keyOf([parts[0], layer], name);
        if (!this.weights.has(key)) this.weights.set(key, weight);
      }
    }
  }

  find(layer: string, name: string, _: number, path: readonly string[]): StoredWeight | undefined {
    return this.weights.get(keyOf([path[0] ?? layer, layer], name));
  }
}
