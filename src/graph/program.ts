import type { Machine } from '../engine/machine.js';
import { padded } from '../engine/panels.js';
import type { Place, Step } from '../engine/step.js';
import type { LossDefinition } from '../losses/bind.js';
import type { MetricDefinition } from '../metrics/metrics.js';
import { planBuffers, type BufferRequest } from './buffers.js';
import type { NetworkPlan, PlanNode } from './plan.js';

/** What is measured against the targets. */
export interface Objective {
  readonly loss: LossDefinition;
  readonly metrics: readonly MetricDefinition[];
}

/** Where the parameters and, to train, their gradients stand. */
export interface ParameterAddresses {
  readonly weights: number;
  readonly gradients?: number;
}

/** A plan bound to addresses for batches of up to `capacity` rows: `run(rows)` is the whole of it. */
export interface Program {
  readonly capacity: number;
  readonly input: Place;
  readonly output: Place;
  /** Where targets go, and for each row its loss; there with an objective. */
  readonly targets: Place;
  readonly rowLosses: number;
  /** Address of float64 running sums: the loss, then each metric. */
  readonly totals: number;
  readonly steps: readonly Step[];
  free(): void;
}

/**
 * Rows whose length is a multiple of 1 KiB fall on few sets of the caches: the weight gradient, which walks down columns, ran at
 * 17 instead of 30 GFLOP/s on 512 columns. One more cache line per row spreads them.
 */
const leadingDimension = (width: number): number => (padded(width) % 256 === 0 ? padded(width) + 16 : padded(width));

/** Life of a buffer, to be widened as its uses are found. */
class Life {
  from = Infinity;
  to = -Infinity;
  use(time: number): void {
    this.from = Math.min(this.from, time);
    this.to = Math.max(this.to, time);
  }
}

/**
 * Binds a plan. Without an objective: forward only. With one: forward, loss and metrics. With gradients: backward as well, after
 * which ∂L/∂parameters stand in the gradient vector. Moments of a run: forward of node i at i, the loss at N, backward of node i
 * at 2N − i.
 */
export function bindProgram(
  machine: Machine,
  plan: NetworkPlan,
  addresses: ParameterAddresses,
  capacity: number,
  objective?: Objective,
): Program {
  const { nodes } = plan;
  const count = nodes.length;
  const trains = addresses.gradients !== undefined;
  const end = 2 * count + 1;
  const producer = new Map(nodes.map((node, index) => [node.output, index]));
  const consumers = (value: number): number[] =>
    nodes.flatMap((node, index) => (node.inputs.includes(value) ? [index] : []));

  // The output activation that cancels against the loss is computed by the loss kernel, forward and backward.
  const head = nodes[count - 1];
  const paired = objective !== undefined && head !== undefined && head.operation.kind === objective.loss.pairedWith;
  const run = paired ? nodes.slice(0, -1) : nodes;

  // A node that works in place shares its input's buffer, unless somebody else still reads what stood there.
  const root = plan.widths.map((_, value) => value);
  for (const { operation, inputs, output } of nodes) {
    const input = inputs[0]!;
    const origin = nodes[producer.get(input) ?? -1];
    const readLater = consumers(input).length > 1 || (trains && origin?.operation.backwardReads.output === true);
    if (operation.inPlace && !readLater) root[output] = root[input]!;
  }

  const values = plan.widths.map(() => new Life());
  const life = (value: number): Life => values[root[value]!]!;
  life(plan.input).use(-1);
  life(plan.output).use(objective === undefined ? end : count);
  nodes.forEach(({ operation, inputs, output }, index) => {
    life(output).use(index);
    for (const input of inputs) life(input).use(index);
    if (trains && operation.backwardReads.output) life(output).use(2 * count - index);
    if (trains && operation.backwardReads.input) for (const input of inputs) life(input).use(2 * count - index);
  });

  // A value has a delta where something before it learns. It may share the delta of the node that made it into another in place.
  const learns = new Array<boolean>(plan.widths.length).fill(false);
  for (const { inputs, output, parameters } of nodes) {
    learns[output] = parameters.length > 0 || inputs.some((input) => learns[input]);
  }
  const deltaRoot = plan.widths.map((_, value) => value);
  for (const { operation, inputs, output } of [...nodes].reverse()) {
    if (operation.inPlace && consumers(inputs[0]!).length === 1) deltaRoot[inputs[0]!] = deltaRoot[output]!;
  }
  const deltas = plan.widths.map(() => new Life());
  const deltaLife = (value: number): Life => deltas[deltaRoot[value]!]!;
  if (objective !== undefined) deltaLife(plan.output).use(count);
  if (trains) {
    nodes.forEach(({ inputs, output }, index) => {
      if (learns[output]) deltaLife(output).use(2 * count - index);
      for (const input of inputs) if (learns[input]) deltaLife(input).use(2 * count - index);
    });
  }

  const requests: BufferRequest[] = [];
  const request = (bytes: number, from: number, to: number): number => requests.push({ bytes, from, to }) - 1;
  const matrix = (width: number, { from, to }: Life): number | undefined =>
    from > to ? undefined : request(4 * capacity * leadingDimension(width), from, to);
  const valueBuffers = values.map((one, value) => matrix(plan.widths[value]!, one));
  const deltaBuffers = deltas.map((one, value) => matrix(plan.widths[value]!, one));
  const scratchBuffers = run.map(({ operation, inputs }, index) =>
    trains && learns[inputs[0]!] ? request(4 * operation.scratch, 2 * count - index, 2 * count - index) : undefined,
  );
  const outputWidth = plan.widths[plan.output]!;
  const targetBuffer = objective && request(4 * capacity * leadingDimension(outputWidth), -1, count);
  const lossBuffer = objective && request(4 * capacity, count, end);
  const totalBuffer = objective && request(8 * (1 + objective.metrics.length), -1, end);

  const { offsets, bytes } = planBuffers(requests);
  const region = machine.arena.allocate(bytes);
  // Padding columns are read along with the rest; they must never hold a NaN of somebody else's.
  machine.memory.u8.fill(0, region, region + bytes);
  const addressOf = (buffer: number | undefined): number => (buffer === undefined ? 0 : region + offsets[buffer]!);
  const place = (width: number, buffer: number | undefined): Place => ({
    address: addressOf(buffer),
    width,
    ld: leadingDimension(width),
  });
  const valueAt = (value: number): Place => place(plan.widths[value]!, valueBuffers[root[value]!]);
  const deltaAt = (value: number): Place => place(plan.widths[value]!, deltaBuffers[deltaRoot[value]!]);

  const binding = ({ inputs, output, parameters }: PlanNode) => ({
    machine,
    inputs: inputs.map(valueAt),
    output: valueAt(output),
    parameters: parameters.map((index) => addresses.weights + 4 * plan.parameters[index]!.offset),
  });
  const steps: Step[] = run.flatMap((node) => node.operation.forward(binding(node)));

  const targets = place(outputWidth, targetBuffer);
  const rowLosses = addressOf(lossBuffer);
  const totals = addressOf(totalBuffer);
  if (objective !== undefined) {
    const { loss, metrics } = objective;
    const y = valueAt(plan.output);
    const logits = paired ? head.inputs[0]! : plan.output;
    const places = { y, z: valueAt(logits), targets, delta: deltaAt(logits), rowLosses };
    steps.push(paired && loss.bindPaired ? loss.bindPaired(machine, places) : loss.bind(machine, places));
    steps.push((rows) => machine.kernels.f64_add_sum(rows, rowLosses, totals));
    metrics.forEach((metric, index) => steps.push(metric.bind(machine, y, targets, totals + 8 * (index + 1))));
  }

  const { gradients } = addresses;
  if (gradients !== undefined) {
    for (let index = run.length - 1; index >= 0; index--) {
      const node = run[index]!;
      if (!learns[node.output]) continue;
      steps.push(
        ...node.operation.backward({
          ...binding(node),
          outputDelta: deltaAt(node.output),
          inputDeltas: node.inputs.map((input) => (learns[input] ? deltaAt(input) : undefined)),
          gradients: node.parameters.map((parameter) => gradients + 4 * plan.parameters[parameter]!.offset),
          scratch: addressOf(scratchBuffers[index]),
        }),
      );
    }
  }

  return {
    capacity,
    input: valueAt(plan.input),
    output: valueAt(plan.output),
    targets,
    rowLosses,
    totals,
    steps,
    free: () => machine.arena.free(region),
  };
}

/** Runs a program over the `rows` rows that stand in its input. */
export function runProgram({ steps }: Program, rows: number): void {
  for (let i = 0; i < steps.length; i++) steps[i]!(rows);
}
