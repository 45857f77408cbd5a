/**
 * Random networks of several inputs and outputs, and layers in several places: a description with one input and one
 * output, to which more is added.
 */
import { drawMetrics } from './metric-choices.mjs';

/** @typedef {import('./library.mjs').Description} Description */
/** @typedef {import('./library.mjs').Described} Described */
/** @typedef {import('./library.mjs').DescribedOutput} DescribedOutput */
/** @typedef {import('./draw.mjs').Draw} Draw */

/**
 * A layer with the loss of its outputs.
 * @typedef {Pick<DescribedOutput, 'loss' | 'targets'> & { layer: Described }} Ending
 */

/**
 * Returns the numbers of what a layer reads.
 * @param {Described} layer
 * @param {number} number Its own.
 * @returns {number[]}
 */
const readBy = ({ from }, number) => /** @type {number[]} */ (from ?? [number - 1]);

/**
 * Returns the widths of layers, by their numbers.
 * @param {Description} description
 */
export function widthsOf({ inputs, layers }) {
  const widths = [inputs].flat();
  for (const layer of layers) {
    const read = readBy(layer, widths.length);
    const own = layer.same === undefined ? layer : layers[Number(layer.same) - [inputs].flat().length];
    const { kind, units, outputDim, inputDim } = own;
    const given = read.map((number) => widths[number]);
    const sum = given.reduce((total, width) => total + width, 0);
    const tables = Array.isArray(outputDim) ? outputDim : Array(given[0]).fill(outputDim);
    if (units !== undefined) widths.push(Number(units));
    else if (inputDim !== undefined) widths.push(tables.reduce((total, width) => total + Number(width), 0));
    else widths.push(kind === 'dot' ? 1 : kind === 'concatenate' ? sum : given[0]);
  }
  return widths;
}

/**
 * Returns layers whose numbers from `first` on are `by` higher.
 * @param {readonly Described[]} layers
 * @param {number} first
 * @param {number} by
 */
const renumbered = (layers, first, by) =>
  layers.map(({ from, same, ...layer }) => {
    const moved = (/** @type {number} */ number) => (number >= first ? number + by : number);
    return {
      ...layer,
      ...(from !== undefined && { from: /** @type {number[]} */ (from).map(moved) }),
      ...(same !== undefined && { same: moved(Number(same)) }),
    };
  });

/**
 * Divides the columns of the input among two or three, side by side or through a layer each.
 * @param {Draw} draw
 * @param {Description} description
 * @returns {Description}
 */
export function withInputs(draw, description) {
  const columns = Number(description.inputs);
  if (columns < 2) return description;
  const first = draw.integer(1, columns - 1);
  const widths = columns - first > 1 && draw.once(3) ? [first, 1, columns - first - 1] : [first, columns - first];
  const inputs = [...widths];
  /** @type {Described[]} */
  const before = [];
  const sides = widths.map((width, input) => {
    if (!draw.once(2)) return input;
    inputs[input] = draw.integer(1, 9);
    before.push({ kind: 'dense', units: width, activation: draw.of(['tanh', 'linear', 'relu']), from: [input] });
    return -before.length;
  });
  // Negative numbers are those of layers before, which come after the inputs.
  const from = sides.map((side) => (side < 0 ? inputs.length - 1 - side : side));
  before.push({ kind: 'concatenate', from });
  const end = inputs.length + before.length - 1;
  const [{ from: read = [0], ...start }, ...rest] = description.layers;
  const moved = renumbered([{ ...start, from: read }, ...rest], 0, end);
  return { ...description, inputs, layers: [...before, ...moved] };
}

/** Layers that take other places, with how often each is taken where there are others. */
const REPEATABLE = /** @type {Readonly<Record<string, number>>} */ ({
  ...{ dense: 1, maxout: 2, embedding: 3, prelu: 3, batchNormalization: 6, layerNormalization: 3 },
  ...{ rmsNormalization: 3, dropout: 2, gaussianNoise: 2, activityRegularization: 2, activation: 1 },
});

/**
 * Puts a hidden layer into one or two further places, before the last layer.
 * @param {Draw} draw
 * @param {Description} description
 * @returns {Description}
 */
export function withPlaces(draw, description) {
  const widths = widthsOf(description);
  const inputs = [description.inputs].flat().length;
  const layers = description.layers.slice(0, -1);
  const last = description.layers[description.layers.length - 1];
  const fitting = layers.flatMap(({ kind }, index) => Array(REPEATABLE[kind] ?? 0).fill(index + inputs));
  if (fitting.length === 0) return description;
  const same = draw.of(fitting);
  const [read] = readBy(layers[same - inputs], same);
  const { kind } = layers[same - inputs];
  // The last layer may read what is no longer before it.
  const end = readBy(last, layers.length + inputs);
  let number = layers.length + inputs;
  let at = end[0];
  for (let left = draw.integer(1, 3); left > 0; left--) {
    if (kind === 'embedding') {
      // What was before it is read on.
      layers.push({ kind, same, from: [0] }, { kind: 'concatenate', from: [at, number] });
      widths[number] = widths[same];
      widths[number + 1] = widths[at] + widths[same];
      at = number + 1;
      number += 2;
      continue;
    }
    if (widths[at] !== widths[read] || draw.once(2)) {
      layers.push({
        kind: 'dense',
        units: widths[read],
        activation: draw.of(['tanh', 'sigmoid', 'linear']),
        from: [at],
      });
      widths[number] = widths[read];
      at = number++;
    }
    layers.push({ kind, same, from: [at] });
    widths[number] = widths[same];
    at = number++;
    if (!draw.once(2)) continue;
    layers.push({ kind: draw.of(['add', 'multiply', 'concatenate']), from: draw.once(2) ? [at, same] : [same, at] });
    widths[number] = layers[layers.length - 1].kind === 'concatenate' ? 2 * widths[same] : widths[same];
    at = number++;
  }
  return { ...description, layers: [...layers, { ...last, from: [at, ...end.slice(1)] }] };
}

const WEIGHTS = [0, 0.3, 0.7, 2, 1];

/**
 * Adds one to three outputs, in any order.
 * @param {Draw} draw
 * @param {Description} description
 * @param {() => Ending} drawEnding
 * @returns {Description}
 */
export function withOutputs(draw, description, drawEnding) {
  const { loss, targets, metrics, weightedMetrics, sampleWeight, layers: given, ...rest } = description;
  const inputs = [description.inputs].flat().length;
  const layers = [...given];
  const last = layers.length - 1 + inputs;
  /** @type {DescribedOutput[]} */
  const outputs = [{ layer: last, loss: loss ?? '', targets: targets ?? 'values', metrics, weightedMetrics }];
  const taken = new Set([last]);
  for (let left = draw.integer(1, 3); left > 0; left--) {
    const from = draw.integer(inputs, last);
    const which = draw.integer(0, 5);
    if (which === 0 && !taken.has(from)) {
      outputs.push({ layer: from, loss: draw.of(['meanSquaredError', 'logCosh']), targets: 'values' });
      taken.add(from);
    } else if (which === 1) {
      // Two activations of the same logits, each with the loss that computes its own.
      const kinds = draw.once(2) ? ['softmax', 'sigmoid'] : ['sigmoid', 'sigmoid'];
      for (const activation of kinds) {
        layers.push({ kind: 'activation', activation, from: [from] });
        const paired = activation === 'softmax' ? 'categoricalCrossentropy' : 'binaryCrossentropy';
        const form = activation === 'softmax' ? 'oneHot' : 'binary';
        outputs.push({ layer: layers.length - 1 + inputs, loss: paired, targets: form });
      }
    } else {
      const { layer, ...own } = drawEnding();
      layers.push({ ...layer, from: [from] });
      outputs.push({ ...own, layer: layers.length - 1 + inputs });
    }
  }
  const own = draw.once(3);
  const described = outputs.map((output) => ({
    ...output,
    ...(draw.once(2) && { weight: draw.of(WEIGHTS) }),
    ...(draw.once(2) && { metrics: drawMetrics(draw, output, 6) }),
    ...(draw.once(4) && { weightedMetrics: drawMetrics(draw, output, 4) }),
    ...(own && draw.once(2) && { sampleWeight: true }),
  }));
  const first = draw.integer(0, described.length - 1);
  return {
    ...rest,
    layers,
    outputs: [...described.slice(first), ...described.slice(0, first)],
    ...(!own && { sampleWeight }),
  };
}
