import { ownOf } from '../common/objects.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { Clock } from '../layers/operation.js';
import type { LossDefinition } from '../losses/bind.js';
import type { MetricDefinition } from '../metrics/definition.js';
import { planMemory, type MemoryPlan, type PlannedBytes, type PlannedMatrix, type PlannedNode } from './memory-plan.js';
import { storedFloats, type NetworkPlan } from './plan.js';

/** What one output is held against its targets by. */
export interface OutputObjective {
  readonly loss: LossDefinition;
  /** What its loss counts for in the whole. */
  readonly weight: number;
  readonly metrics: readonly MetricDefinition[];
}

/** What is measured against the targets, output by output. */
export type Objective = readonly OutputObjective[];

/** Running sums of an output: its loss, then those of each metric. */
export const sumsOf = ({ metrics }: OutputObjective): number =>
  metrics.reduce((total, metric) => total + metric.sums, 1);

/** Where the parameters and, to train, their gradients stand. */
export interface ParameterAddresses {
  readonly weights: number;
  readonly gradients?: number;
}

export interface ProgramOptions {
  readonly capacity: number;
  readonly clock: Clock;
  /** Without one: forward only. With one: forward, loss and metrics. */
  readonly objective?: Objective | undefined;
  /** Whether rows have weights, written to `rowWeights`. */
  readonly weighted?: boolean;
  /** Every value, delta and target stays readable until the end of a run, for diagnosis. */
  readonly keepAll?: boolean;
}

/** A plan bound to addresses for batches of up to `capacity` rows. */
export interface Program {
  readonly capacity: number;
  /** Of the region of its values, deltas and scratch. */
  readonly bytes: number;
  readonly inputs: readonly MatrixView[];
  readonly outputs: readonly MatrixView[];
  /** Where targets go, (rows, outputs), by output; none without an objective. */
  readonly targets: readonly MatrixView[];
  /** Address of a weight per row; 0 where rows have none. */
  readonly rowWeights: number;
  /** Address of float64 running sums, output after output: its loss, then its metrics; 0 without an objective. */
  readonly totals: number;
  readonly steps: readonly Step[];
  /** What changes with an update besides the learned parameters, once the steps have run. */
  readonly updateRunningStatistics: readonly Step[];
  /** The nodes that run, with their places. */
  readonly nodes: readonly BoundNode[];
  free(): void;
}

/** A node of a bound program, for those who look at what it left behind. */
export interface BoundNode {
  readonly layer: number;
  readonly kind: string;
  readonly inputs: readonly MatrixView[];
  readonly output: MatrixView;
  readonly outputDelta: MatrixView | undefined;
  /** f'(z) into `derivative`, where the node is an activation that has one value by value. */
  readonly differentiate: ((ones: MatrixView, derivative: MatrixView) => Step[]) | undefined;
}

/**
 * Binds a plan. With gradients in `addresses` it runs backward as well, after which ∂L/∂parameters stand in the
 * gradient vector.
 */
export function bindProgram(
  runtime: WasmRuntime,
  plan: NetworkPlan,
  addresses: ParameterAddresses,
  options: ProgramOptions,
): Program {
  const { capacity } = options;
  const objective = ownOf(options, 'objective');
  const memory = planMemory(plan, capacity, {
    trains: ownOf(addresses, 'gradients') !== undefined,
    keepAll: ownOf(options, 'keepAll') ?? false,
    objective: objective && {
      pairedWith: objective.map(({ loss }) => loss.pairedWith),
      smooths: objective.map(({ loss }) => loss.smoothing !== undefined),
      totals: objective.reduce((total, output) => total + sumsOf(output), 0),
      weighted: ownOf(options, 'weighted') ?? false,
    },
  });
  const region = runtime.arena.allocate(memory.bytes);
  // Padding columns are read along with the rest; they must never hold a NaN of somebody else's.
  runtime.kernels.f32_fill(memory.bytes / 4, region, 0);
  const binder = new Binder(runtime, plan, memory, region, addresses, options.clock);
  return {
    capacity,
    bytes: memory.bytes,
    inputs: plan.inputs.map((value) => binder.value(value)),
    outputs: plan.outputs.map((value) => binder.value(value)),
    targets: memory.targets.map((matrix) => binder.place(matrix)),
    rowWeights: binder.address(memory.rowWeights),
    totals: binder.address(memory.totals),
    steps: [...binder.forward(), ...(objective ? binder.evaluateObjective(objective) : []), ...binder.backward()],
    updateRunningStatistics: binder.updateRunningStatistics(),
    nodes: memory.computed.map((node) => binder.describeNode(node)),
    free: () => runtime.arena.free(region),
  };
}

/** Runs a program over the `rows` rows that stand in its inputs. */
export function runProgram({ steps }: Program, rows: number): void {
  for (let i = 0; i < steps.length; i++) steps[i](rows);
}

/** Turns the numbers of a memory plan into addresses, and nodes into steps. */
class Binder {
  private readonly trains: boolean;

  constructor(
    private readonly runtime: WasmRuntime,
    private readonly plan: NetworkPlan,
    private readonly memory: MemoryPlan,
    private readonly region: number,
    private readonly addresses: ParameterAddresses,
    private readonly clock: Clock,
  ) {
    this.trains = ownOf(addresses, 'gradients') !== undefined;
  }

  address(buffer: PlannedBytes | undefined): number {
    return buffer === undefined ? 0 : this.region + buffer.offset;
  }

  place(buffer: PlannedMatrix): MatrixView {
    return { address: this.address(buffer), width: buffer.width, ld: buffer.ld };
  }

  value(value: number): MatrixView {
    return this.place(this.memory.values[value]);
  }

  forward(): Step[] {
    return this.memory.computed.flatMap((planned) =>
      planned.node.operation.forward(this.binding(planned, planned.scratch.forward)),
    );
  }

  /** BP1: loss and ∂L/∂output together, then what is reported. */
  evaluateObjective(objective: Objective): Step[] {
    const { memory } = this;
    let totals = this.address(memory.totals);
    return objective.flatMap((output, index) => {
      const steps = this.evaluateOutput(output, index, totals);
      totals += 8 * sumsOf(output);
      return steps;
    });
  }

  /** BP2 to BP4, from the last node to the first that has something before it to learn. */
  backward(): Step[] {
    if (!this.trains) return [];
    return this.memory.computed
      .filter(({ node }) => this.memory.deltas[node.output] !== undefined)
      .reverse()
      .flatMap((planned) => this.backwardNode(planned));
  }

  updateRunningStatistics(): Step[] {
    if (!this.trains) return [];
    return this.memory.computed.flatMap(
      (planned) => ownOf(planned.node.operation, 'updateRunningStatistics')?.(this.binding(planned, undefined)) ?? [],
    );
  }

  describeNode(planned: PlannedNode): BoundNode {
    const { node } = planned;
    const { operation } = node;
    const delta = this.memory.deltas[node.output];
    const binding = this.binding(planned, undefined);
    const differentiate = ownOf(operation, 'differentiate');
    return {
      layer: node.layer,
      kind: operation.kind,
      inputs: binding.inputs,
      output: binding.output,
      outputDelta: delta && this.place(delta),
      differentiate: differentiate && ((ones, derivative) => differentiate(binding, ones, derivative)),
    };
  }

  private evaluateOutput({ loss, weight, metrics }: OutputObjective, index: number, totals: number): Step[] {
    const { runtime, plan, memory, trains } = this;
    const { kernels } = runtime;
    const lossInput = memory.lossInputs[index];
    const y = this.value(plan.outputs[index]);
    const targets = this.place(memory.targets[index]);
    const delta = this.place(memory.lossDeltas[index]);
    const rowLosses = this.address(memory.rowLosses);
    const rowWeights = this.address(memory.rowWeights);
    const steps: Step[] = [];
    let lossTargets = targets;
    const smoothed = memory.smoothed[index];
    if (smoothed !== undefined && loss.smoothing !== undefined) {
      const { address, width, ld } = (lossTargets = this.place(smoothed));
      const { scale, shift } = loss.smoothing;
      const added = shift(width);
      steps.push(
        (rows) => kernels.f32_copy(rows * ld, targets.address, address),
        (rows) => kernels.f32_smooth_rows(rows, width, address, ld, scale, added),
      );
    }
    const places = { y, z: this.value(lossInput), targets: lossTargets, delta, rowLosses };
    const paired = lossInput !== plan.outputs[index] && loss.bindPaired !== undefined;
    steps.push(paired ? loss.bindPaired(runtime, places) : loss.bind(runtime, places));
    if (memory.rowWeights !== undefined) {
      steps.push((rows) => kernels.f32_weigh(rows, rowLosses, rowWeights, rowLosses));
      if (trains) steps.push((rows) => kernels.f32_weigh_rows(rows, delta.width, rowWeights, delta.address, delta.ld));
    }
    if (weight === 0 && trains) {
      // Not multiplied: what does not count adds nothing, even where it overflowed.
      steps.push((rows) => kernels.f32_fill(rows * delta.ld, delta.address, 0));
    } else if (weight !== 1 && trains) {
      steps.push((rows) => kernels.f32_scale_shift(rows * delta.ld, delta.address, delta.address, weight, 0));
    }
    steps.push((rows) => kernels.f64_add_sum(rows, rowLosses, totals));
    let at = totals + 8;
    for (const metric of metrics) {
      steps.push(metric.bind(runtime, y, targets, at));
      at += 8 * metric.sums;
    }
    return steps;
  }

  private backwardNode(planned: PlannedNode): Step[] {
    const { runtime, plan, memory } = this;
    const { kernels } = runtime;
    const { node } = planned;
    const gradientOf = (parameter: number): number =>
      plan.parameters[parameter].spec.learned ? this.addresses.gradients! + 4 * plan.parameters[parameter].offset : 0;
    const inputDeltas = node.inputs.map((input, order) => {
      const matrix = planned.addedDeltas[order] ?? memory.deltas[input];
      return matrix && this.place(matrix);
    });
    const gradients = node.parameters.map((parameter, order) => {
      const added = planned.addedGradients[order];
      return added === undefined ? gradientOf(parameter) : this.address(added);
    });
    const steps = node.operation.backward({
      ...this.binding(planned, planned.scratch.backward),
      outputDelta: this.place(memory.deltas[node.output]!),
      inputDeltas,
      gradients,
    });
    // What is read in several places has a delta from each: they are added up, from the last place to the first.
    planned.addedDeltas.forEach((matrix, order) => {
      if (matrix === undefined) return;
      const part = this.place(matrix);
      const { address } = this.place(memory.deltas[node.inputs[order]]!);
      steps.push((rows) => kernels.f32_sum(rows * part.ld, address, part.address, address));
    });
    planned.addedGradients.forEach((buffer, order) => {
      if (buffer === undefined) return;
      const parameter = node.parameters[order];
      const floats = storedFloats(plan.parameters[parameter].spec);
      const part = this.address(buffer);
      const whole = gradientOf(parameter);
      steps.push(() => kernels.f32_sum(floats, whole, part, whole));
    });
    return steps;
  }

  private binding({ node, index, saved }: PlannedNode, scratch: PlannedBytes | undefined) {
    return {
      runtime: this.runtime,
      training: this.trains,
      clock: this.clock,
      node: index,
      inputs: node.inputs.map((input) => this.value(input)),
      output: this.value(node.output),
      parameters: node.parameters.map(
        (parameter) => this.addresses.weights + 4 * this.plan.parameters[parameter].offset,
      ),
      scratch: this.address(scratch),
      saved: this.address(saved),
    };
  }
}
