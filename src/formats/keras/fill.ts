/** Puts the weights of a `.weights.h5` file into a model: layer by layer in the order of the model. */
import { counted, describe, describeShape } from '../../common/describe.js';
import { FormatError, ValueError } from '../../common/errors.js';
import { fieldOf } from '../../common/objects.js';
import { CONTENT } from '../../common/symbols.js';
import type { Model } from '../../index.js';
import type { ModelContent } from '../../model/model-content.js';
import type { Hdf5File } from '../hdf5/read-hdf5.js';
import { transpose } from '../keras-topology/weights.js';
import { Numbers, underscored } from './weights.js';

/** Kinds of layers whose weights Keras has in the same order, by the name of its class. */
const CLASSES: Readonly<Record<string, string>> = {
  dense: 'Dense',
  prelu: 'PReLU',
  batchNormalization: 'BatchNormalization',
  layerNormalization: 'LayerNormalization',
  rmsNormalization: 'RMSNormalization',
  normalization: 'Normalization',
  embedding: 'Embedding',
};

/** A model that a caller passes: of the library, whichever bundle made it. */
type Filled = Model<Float32Array | Float32Array[]>;

/** Sets the weights of a model to those of a file, or throws and changes nothing. */
export function fillModel(where: string, model: Filled, { datasets }: Hdf5File): void {
  const read = fieldOf(model, CONTENT);
  if (typeof read !== 'function') {
    throw new ValueError(`${where}: model expected a model of sequential, model or loadModel, got ${describe(model)}.`);
  }
  const { plan, tensors } = (read as (where: string) => ModelContent).call(model, where);
  const numbers = new Numbers();
  const used = new Set<string>();
  const values = plan.graph.layers.flatMap(({ kind }, layer) => {
    if (!Object.hasOwn(CLASSES, kind)) {
      if (plan.parameters.every((parameter) => parameter.layer !== layer)) return [];
      throw new FormatError(
        `${where}: layer "${plan.graph.names[layer]}" expected a layer that Keras has, got ${kind}.`,
      );
    }
    const group = `layers/${numbers.next(underscored(CLASSES[kind]))}`;
    used.add(group);
    const own = tensors.filter((_, i) => plan.parameters[i].layer === layer);
    return own.map(({ name, shape }, index) => {
      const path = `${group}/vars/${index}`;
      const dataset = datasets.get(path);
      if (dataset === undefined) {
        throw new FormatError(`${where}: "${name}" expected an array "${path}" in the file, got none of that name.`);
      }
      // A kernel is (inputs, units) there.
      const turned = kind === 'dense' && index === 0;
      const expected = turned ? [...shape].reverse() : shape;
      if (describeShape(dataset.shape) !== describeShape(expected)) {
        throw new FormatError(
          `${where}: "${name}" expected an array of shape ${describeShape(expected)}, got ${describeShape(dataset.shape)}.`,
        );
      }
      const data = dataset.read(`${where}: array "${path}"`);
      return { shape, data: turned ? transpose(data, expected[0], expected[1]) : data };
    });
  });
  const besides = [...datasets.keys()].flatMap((path) => /^(layers\/[^/]+)\/vars\/0$/.exec(path)?.[1] ?? []);
  const unused = besides.filter((group) => !used.has(group));
  if (unused.length > 0) {
    throw new FormatError(
      `${where}: file expected the weights of ${counted(used.size, 'layer')}, got ${describe(unused[0])} besides.`,
    );
  }
  try {
    model.setWeights(values);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    // A number of the file is at fault.
    throw new FormatError(error.message);
  }
}
