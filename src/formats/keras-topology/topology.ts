/**
 * Reads the graph of a topology: Sequential and Functional models, models in models, and layers that are used in
 * several places. Each use of a layer becomes nodes of the network; read-layers.ts says which.
 */
import { describe, describeShape } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import { isRecord } from '../../common/options.js';
import { sizeOf } from '../../common/tensors.js';
import type { JsonObject } from '../json.js';
import { Config, fieldOf } from './config.js';
import { callsOf, leavesOf, type Call, type Leaf } from './inbound.js';
import type { LayerTensor, Network } from './network.js';
import { readLayer } from './read-layers.js';
import { columnsOf } from './read-weighted.js';
import type { KerasLayer, Shape, Step } from './shapes.js';
import { readValues, type WeightSource } from './weights.js';

/** Output of a use of a layer: a node of the network, and its shape in the file. */
export interface Value {
  readonly node: number;
  readonly shape: Shape;
}

/** Outputs of the uses of each layer, by its name and the number of the use. */
type Made = Map<string, (readonly Value[] | undefined)[]>;

/** A layer, or a model in its place, that can be used any number of times. */
interface Usable {
  readonly where: string;
  use(inputs: readonly Value[]): readonly Value[];
}

/** A model of the file; `shapes` are those of its inputs where the file says them. */
interface ReadModel extends Usable {
  readonly names: readonly string[];
  readonly shapes: readonly (Shape | undefined)[];
}

/** Most models in models. */
export const MOST_LEVELS = 16;

const MODELS = ['Sequential', 'Functional', 'Model'];

/** A shift of columns, which a scale after it completes. */
interface Shift {
  readonly offset: readonly number[];
  readonly input: number;
  readonly layer: number;
}

/** Returns the shape of an input without its rows, or undefined where a layer does not say it. */
function inputShape(config: Config): Shape | undefined {
  for (const name of ['batch_input_shape', 'batch_shape', 'build_input_shape']) {
    if (config.get(name) === undefined) continue;
    const shape = config.list(name).slice(1);
    if (shape.length === 0 || !shape.every((extent) => Number.isInteger(extent) && (extent as number) >= 1)) {
      config.refuse(name, 'rows of a fixed number of values');
    }
    if (!Number.isSafeInteger(sizeOf(shape as number[]))) config.refuse(name, 'fewer values');
    return shape as number[];
  }
  const inputs = config.get('input_dim');
  return typeof inputs === 'number' && config.get('output_dim') === undefined ? [inputs] : undefined;
}

/** Reads the topologies of one file into a network. */
export class TopologyReader {
  private readonly shifts = new Map<number, Shift>();

  constructor(
    private readonly where: string,
    private readonly network: Network,
    private readonly weights: WeightSource,
    private readonly version3: boolean,
  ) {}

  /** Reads a model; `path` are the names of the models around it. */
  model(className: string, value: unknown, path: readonly string[]): ReadModel {
    const where = path.length === 0 ? `${this.where}: model` : `${this.where}: model ${describe(path.join('/'))}`;
    if (path.length > MOST_LEVELS)
      throw new FormatError(`${where} expected at most ${MOST_LEVELS} levels of models, got more.`);
    // The first versions wrote the list of layers alone.
    const fields = Array.isArray(value) ? { layers: value as unknown[] } : value;
    if (!isRecord(fields)) throw new FormatError(`${where}: config expected an object, got ${describe(value)}.`);
    const config = new Config(where, fields);
    const layers = config.list('layers').map((layer, index) => {
      if (isRecord(layer)) return layer;
      throw new FormatError(`${where}: layers[${index}] expected an object, got ${describe(layer)}.`);
    });
    return className === 'Sequential' ? this.sequential(config, layers, path) : this.functional(config, layers, path);
  }

  private sequential(config: Config, layers: readonly JsonObject[], path: readonly string[]): ReadModel {
    const used: Usable[] = [];
    let shape: Shape | undefined;
    let name: string | undefined;
    for (const layer of layers) {
      const { className, config: own, name: given } = this.describeLayer(layer, path);
      if (used.length === 0) shape ??= inputShape(own);
      if (className === 'InputLayer') {
        name ??= given;
        continue;
      }
      const usable = this.usable(layer, path);
      if (used.length === 0 && 'shapes' in usable) [shape] = (usable as ReadModel).shapes;
      used.push(usable);
    }
    return {
      where: config.where,
      names: [name ?? 'input'],
      shapes: [shape ?? inputShape(config)],
      use: (inputs) => {
        this.network.enter(used.length, used.length);
        return used.reduce((values, one) => one.use(values), inputs);
      },
    };
  }

  private functional(config: Config, layers: readonly JsonObject[], path: readonly string[]): ReadModel {
    const all = new Map<
      string,
      { readonly usable: Usable | undefined; readonly calls: readonly Call[]; readonly shape: Shape | undefined }
    >();
    for (const layer of layers) {
      const { className, config: own, name } = this.describeLayer(layer, path);
      if (all.has(name)) throw new FormatError(`${own.where} expected names of layers that differ, got one twice.`);
      const isInput = className === 'InputLayer';
      all.set(name, {
        usable: isInput ? undefined : this.usable(layer, path),
        calls: isInput ? [] : callsOf(own.where, new Config(own.where, layer).list('inbound_nodes')),
        shape: isInput ? inputShape(own) : undefined,
      });
    }
    const [inputs, outputs] = ['input_layers', 'output_layers'].map((name) =>
      leavesOf(`${config.where}: ${name}`, config.get(name) ?? []),
    );
    // Models in models are counted from 1 on: their first use is their definition. Some versions count from 0.
    const leaves = [...outputs, ...[...all.values()].flatMap(({ calls }) => calls.flatMap((call) => call.inputs))];
    const first = new Map<string, number>();
    for (const { layer, node } of leaves) {
      const found = all.get(layer);
      if (found?.usable === undefined || !('shapes' in found.usable)) continue;
      if (node === 0) first.set(layer, 0);
      else if (!first.has(layer)) first.set(layer, 1);
    }
    const numberOf = ({ layer, node }: Leaf): number => node - (first.get(layer) ?? 0);
    const use = (given: readonly Value[]): Value[] => {
      if (given.length !== inputs.length) {
        throw new FormatError(`${config.where} expected ${inputs.length} inputs, got ${given.length}.`);
      }
      const values: Made = new Map();
      inputs.forEach(({ layer }, index) => values.set(layer, [[given[index]]]));
      const valueOf = (where: string, leaf: Leaf): Value | undefined => {
        const { layer, node, tensor } = leaf;
        const number = numberOf(leaf);
        const found = all.get(layer);
        const count = found?.usable === undefined ? 1 : found.calls.length;
        if (found === undefined || number < 0 || number >= count) {
          throw new FormatError(`${where} expected a layer and one of its uses, got ${describe(layer)}, ${node}.`);
        }
        const made = values.get(layer)?.[number];
        if (made === undefined) return undefined;
        if (tensor < made.length) return made[tensor];
        throw new FormatError(`${where} expected an output of ${describe(layer)} below ${made.length}, got ${tensor}.`);
      };
      this.network.enter(0, outputs.length);
      this.evaluate(all, values, valueOf, numberOf);
      const where = `${config.where}: output_layers`;
      return outputs.map((leaf) => {
        const value = valueOf(where, leaf);
        if (value !== undefined) return value;
        throw new FormatError(`${where} expected a layer with inputs, got ${describe(leaf.layer)}.`);
      });
    };
    return {
      where: config.where,
      names: inputs.map(({ layer }) => layer),
      shapes: inputs.map(({ layer }) => all.get(layer)?.shape),
      use,
    };
  }

  /** Uses all layers, each after those that it reads, otherwise in the order of the file. */
  private evaluate(
    all: ReadonlyMap<string, { readonly usable: Usable | undefined; readonly calls: readonly Call[] }>,
    values: Made,
    valueOf: (where: string, leaf: Leaf) => Value | undefined,
    numberOf: (leaf: Leaf) => number,
  ): void {
    const waiting = new Set<string>();
    const listed = [...all].flatMap(([layer, { usable, calls }]) =>
      (usable === undefined ? [undefined] : calls).map((_, number) => ({ layer, number })),
    );
    const reads = [...all.values()].flatMap(({ calls }) => calls.map((call) => call.inputs.length));
    this.network.enter(
      listed.length,
      reads.reduce((sum, count) => sum + count, 0),
    );
    // First uses in the order of the file: weights keep their order.
    const stack = [
      ...listed.filter(({ number }) => number > 0).reverse(),
      ...listed.filter(({ number }) => number === 0).reverse(),
    ];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { layer, number } = top;
      const made = values.get(layer)?.[number];
      if (made !== undefined) {
        // Inputs of the whole model get their place here.
        made.forEach((value) => value.node);
        continue;
      }
      const { usable, calls } = all.get(layer)!;
      if (usable === undefined) continue;
      const { where } = usable;
      const missing = calls[number].inputs.filter((leaf) => valueOf(where, leaf) === undefined);
      if (missing.length === 0) {
        const given = calls[number].inputs.map((leaf) => valueOf(where, leaf)!);
        const others = values.get(layer) ?? [];
        others[number] = usable.use(given);
        values.set(layer, others);
        continue;
      }
      const key = `${number} ${layer}`;
      if (waiting.has(key)) throw new FormatError(`${where} expected inputs that do not depend on it, got a cycle.`);
      waiting.add(key);
      stack.push(top);
      for (const leaf of missing.reverse()) {
        const found = all.get(leaf.layer)!;
        if (found.usable === undefined) {
          throw new FormatError(`${where} expected inputs of the model, got ${describe(leaf.layer)}, which is none.`);
        }
        stack.push({ layer: leaf.layer, number: numberOf(leaf) });
      }
    }
  }

  private describeLayer(layer: JsonObject, path: readonly string[]) {
    const className = fieldOf(layer, 'class_name');
    const own = fieldOf(layer, 'config') ?? {};
    const name = fieldOf(layer, 'name') ?? (isRecord(own) ? fieldOf(own, 'name') : undefined);
    const inside = path.length === 0 ? '' : ` of ${describe(path.join('/'))}`;
    const which = typeof className === 'string' ? className : 'without class_name';
    const where = `${this.where}: layer ${describe(name)}${inside}, ${which}`;
    if (typeof className !== 'string') throw new FormatError(`${where} expected a class_name, got none.`);
    const named = typeof name === 'string' && name !== '' ? name : className.toLowerCase();
    // The configuration of a model may be a list.
    return { className, name: named, config: new Config(where, isRecord(own) ? own : {}), own };
  }

  private usable(layer: JsonObject, path: readonly string[]): Usable {
    const { className, name, config, own } = this.describeLayer(layer, path);
    if (MODELS.includes(className)) return this.model(className, own, [...path, name]);
    return this.layer(className, name, config, path);
  }

  private layer(className: string, name: string, config: Config, path: readonly string[]): Usable {
    const keras: KerasLayer = {
      config,
      version3: this.version3,
      repeat: (value, count) => this.network.repeat(value, count),
      weight: (weight, index, shape, transposed = false) => {
        const found = this.weights.find(name, weight, index, path);
        if (found !== undefined) return readValues(config, found, shape, transposed);
        throw new FormatError(`${config.where} expected a weight "${name}/${weight}", got none of that name.`);
      },
    };
    /** Indices of its layers in the network, by the shift that they include, −1 for none. */
    const madeFor = new Map<number, readonly number[]>();
    let ownName: string | undefined;
    const frozen = config.get('trainable') === false;
    const make = (steps: readonly Step[]): number[] =>
      steps.map(({ kind, config: settings, tensors }, index) => {
        ownName ??= path.length === 0 ? name : this.network.name(name);
        const own = index === 0 && madeFor.size === 0 ? ownName : this.network.name(`${ownName}_${kind}`);
        const given: readonly LayerTensor[] = tensors?.() ?? [];
        const config = { ...settings, name: own, ...(frozen && given.length > 0 ? { trainable: false } : {}) };
        return this.network.layer({ kind, config, tensors: given });
      });
    return {
      where: config.where,
      use: (inputs) => {
        this.network.count();
        const reading = readLayer(
          keras,
          className,
          inputs.map((value) => value.shape),
        );
        const { shape, columns } = reading;
        if (!Number.isSafeInteger(sizeOf(shape))) {
          throw new FormatError(`${config.where} expected rows that fit into memory, got ${describeShape(shape)}.`);
        }
        let { steps } = reading;
        this.network.widen(sizeOf(shape) * Math.max(1, steps.length));
        let nodes = inputs.map(({ node }) => node);
        // A shift and the scale after it are one layer here, unless other layers read what is between them.
        const shift = columns?.scale === undefined ? undefined : this.shifts.get(nodes[0]);
        if (shift !== undefined && columns?.scale !== undefined) {
          steps = [columnsOf(config.where, shift.offset, columns.scale, columns.variance)];
          nodes = [shift.input];
        }
        const made = madeFor.get(shift?.layer ?? -1) ?? make(steps);
        madeFor.set(shift?.layer ?? -1, made);
        if (shift !== undefined) this.network.rename(made[0], shift.layer);
        for (const layer of made) nodes = [this.network.node(layer, nodes)];
        if (columns?.offset !== undefined) {
          this.shifts.set(nodes[0], { offset: columns.offset, input: inputs[0].node, layer: made[0] });
        }
        return [{ node: nodes[0], shape }];
      },
    };
  }
}
