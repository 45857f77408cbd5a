/**
 * Binds a plan to addresses for training or evaluation: forward steps, the loss and metrics against targets, and
 * backward steps, which run over the rows in its inputs and targets. memory-plan.ts decides where buffers are;
 * operations/ has the steps of each operation.
 */
import { allocateRegion, matrixIn, parameterAddresses } from '../graph/program.js';
import { storedFloats, valuesBefore, type NetworkPlan, type OperationNode } from '../graph/plan.js';
import {
  addsPenalty,
  bindBackward,
  bindDifferentiate,
  bindPenaltySum,
  bindRunningStatistics,
  bindTrainingForward,
  isAffine,
  penalizedValues,
} from '../operations/backward.js';
import type { Clock, TrainingBinding } from '../operations/binding.js';
import { bindForward } from '../operations/forward.js';
import { appliedName } from '../operations/operation.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { targetWidth } from '../losses/definition.js';
import { bindOutput } from './bind-output.js';
import { bindClearing } from './clear-rows.js';
import type { TrainingLayout } from './layout.js';
import type { BatchGroup } from './batch-group.js';
import { zeroDeltas } from './delta-steps.js';
import { planTraining, type AllocatedNode, type PlannedBytes, type TrainingMemory } from './memory-plan.js';
import { matricesOf, sumsOf, totalOf, type Objective, type OutputObjective } from './objective.js';
import { groupWeights, type WeightGroups } from './weight-groups.js';

/** Addresses of the flat vectors of weights and, for training, of gradients. */
export interface ParameterVectors {
  readonly weights: number;
  readonly gradients: number | undefined;
}

export interface TrainingProgramOptions {
  readonly capacity: number;
  readonly clock: Clock;
  readonly objective: Objective;
  /** The weights that are trained. */
  readonly layout: TrainingLayout;
  /** Row weights, written to `rowWeights`: 0 for none, 1 for all outputs, or one for each. */
  readonly weightVectors: number;
  /** The batches that make one update, if it may be more than one. */
  readonly group?: BatchGroup | undefined;
  /** Whether every value, delta and target stays readable until the end of a run, for diagnosis. */
  readonly keepAll: boolean;
}

/** A bound plan with targets, for batches of up to `capacity` rows. */
export interface TrainingProgram extends Pick<TrainingProgramOptions, 'capacity' | 'weightVectors'> {
  /** Bytes of its region: values, deltas, targets and scratch. */
  readonly bytes: number;
  readonly inputs: readonly MatrixView[];
  readonly outputs: readonly MatrixView[];
  /** By output: targets (rows, outputs), which the caller writes. */
  readonly targets: readonly MatrixView[];
  /** Addresses of one weight per row: none, one for all outputs, or one for each. */
  readonly rowWeights: readonly number[];
  /**
   * Address of float64 running sums, output after output: its loss, then its metrics; last that of penalties on values.
   */
  readonly totals: number;
  /** Whether there is a sum of penalties on values. */
  readonly sumsPenalties: boolean;
  readonly steps: readonly Step[];
  /** Steps of an update that change running statistics; they run after `steps`. */
  readonly updateRunningStatistics: readonly Step[];
  /** The nodes that run. */
  readonly nodes: readonly BoundNode[];
  free(): void;
}

/** A node of a bound program, with which a diagnosis reads the results of a run. */
export interface BoundNode {
  /** Index of its layer. */
  readonly layer: number;
  /** Name of the activation that it applies, or the kind of its operation. */
  readonly kind: string;
  /** Whether the node computes z = W·x + b. */
  readonly affine: boolean;
  /** Indices into the plan's parameters. */
  readonly parameters: readonly number[];
  readonly inputs: readonly MatrixView[];
  readonly output: MatrixView;
  readonly outputDelta: MatrixView | undefined;
  /** Steps that write f'(z) to `derivative`; undefined unless the node is an activation that works value by value. */
  readonly differentiate: (ones: MatrixView, derivative: MatrixView) => Step[] | undefined;
}

/**
 * Binds a plan. With gradients in `vectors` the program also runs backward, which leaves ∂L/∂parameters in the gradient
 * vector.
 */
export function bindTraining(
  runtime: WasmRuntime,
  plan: NetworkPlan,
  vectors: ParameterVectors,
  options: TrainingProgramOptions,
): TrainingProgram {
  const { capacity, objective, layout, weightVectors, keepAll } = options;
  const sumsPenalties = plan.nodes.some(({ operation }) => addsPenalty(operation));
  const groups = groupWeights(plan, objective, weightVectors);
  const memory = planTraining(plan, capacity, {
    trains: vectors.gradients !== undefined,
    layout,
    keepAll,
    pairedWith: objective.map(({ loss }) => loss.pairedWith),
    targetWidths: objective.map(({ loss }, index) => targetWidth(loss.blocks, plan.widths[plan.outputs[index]])),
    smooths: objective.map(({ loss }) => loss.smoothing !== undefined),
    totals: totalOf(objective) + (sumsPenalties ? 1 : 0),
    metricMatrices: objective.map(matricesOf),
    weightVectors,
    weightSums: groups.sums.length,
    group: options.group,
  });
  const region = allocateRegion(runtime, memory.bytes);
  const binder = new Binder(runtime, plan, memory, region, vectors, groups, options);
  return {
    capacity,
    weightVectors,
    bytes: memory.bytes,
    inputs: plan.inputs.map((value) => binder.value(value)),
    outputs: plan.outputs.map((value) => binder.value(value)),
    targets: memory.targets.map((matrix) => binder.view(matrix)),
    rowWeights: memory.rowWeights.map((weights) => binder.address(weights)),
    totals: binder.address(memory.totals),
    sumsPenalties,
    steps: [
      ...binder.forward(),
      ...binder.evaluateObjective(),
      ...binder.clearRowsWithoutWeight(),
      ...binder.backward(),
    ],
    updateRunningStatistics: binder.updateRunningStatistics(),
    nodes: memory.nodes.map((node) => binder.describeNode(node)),
    free: () => runtime.arena.free(region),
  };
}

/** Turns the offsets of a memory plan into addresses, and nodes into steps. */
class Binder {
  private readonly trains: boolean;
  /** By value: whether a loss of a weight other than 0, or a penalty, depends on it. */
  private readonly counts: readonly boolean[];

  constructor(
    private readonly runtime: WasmRuntime,
    private readonly plan: NetworkPlan,
    private readonly memory: TrainingMemory,
    private readonly region: number,
    private readonly vectors: ParameterVectors,
    private readonly groups: WeightGroups,
    private readonly options: TrainingProgramOptions,
  ) {
    this.trains = vectors.gradients !== undefined;
    const { objective } = options;
    const counting = plan.outputs.filter((_, index) => objective[index].weight !== 0);
    this.counts = valuesBefore(plan, [...counting, ...penalizedValues(plan.nodes)]);
  }

  address(buffer: PlannedBytes | undefined): number {
    return buffer === undefined ? 0 : this.region + buffer.offset;
  }

  view(buffer: MatrixView): MatrixView {
    return matrixIn(this.region, buffer);
  }

  value(value: number): MatrixView {
    return this.view(this.memory.values[value]);
  }

  forward(): Step[] {
    const penalties = this.address(this.memory.totals) + 8 * totalOf(this.options.objective);
    return this.memory.nodes.flatMap((allocated) => {
      const { node, scratch } = allocated;
      const binding = this.binding(allocated, scratch.forward);
      const steps = this.trains
        ? bindTrainingForward(node.operation, binding, this.isFrozen(node))
        : bindForward(node.operation, binding);
      // Penalties are summed up before a node that works in place overwrites the values.
      return [...steps, ...bindPenaltySum(node.operation, binding, penalties)];
    });
  }

  /**
   * Returns, for each output, the steps that compute its loss and ∂L/∂lossInput, weight them, and add to its metrics.
   */
  evaluateObjective(): Step[] {
    let totals = this.address(this.memory.totals);
    return this.options.objective.flatMap((output, index) => {
      const steps = this.evaluateOutput(output, index, totals);
      totals += 8 * sumsOf(output);
      return steps;
    });
  }

  clearRowsWithoutWeight(): Step[] {
    const { runtime, plan, memory, groups } = this;
    const { layout, keepAll } = this.options;
    if (!this.trains || memory.rowWeights.length === 0) return [];
    return bindClearing(runtime, plan, memory, {
      rowWeights: memory.rowWeights.map((weights) => this.address(weights)),
      weightSums: memory.weightSums.map((sum) => this.address(sum)),
      groups,
      layout,
      keepAll,
      matrixOf: (value) => this.value(value),
    });
  }

  /** Returns the steps of BP2 to BP4, from the last node to the first whose output depends on something learned. */
  backward(): Step[] {
    if (!this.trains) return [];
    return this.memory.nodes
      .filter(({ node }) => this.memory.deltas[node.output] !== undefined)
      .reverse()
      .flatMap((allocated) => this.backwardNode(allocated));
  }

  updateRunningStatistics(): Step[] {
    if (!this.trains) return [];
    return this.memory.nodes.flatMap((allocated) =>
      bindRunningStatistics(
        allocated.node.operation,
        this.binding(allocated, undefined),
        this.isFrozen(allocated.node),
      ),
    );
  }

  describeNode(allocated: AllocatedNode): BoundNode {
    const { layer, operation, output, parameters } = allocated.node;
    const delta = this.memory.deltas[output];
    const binding = this.binding(allocated, undefined);
    return {
      layer,
      kind: appliedName(operation),
      affine: isAffine(operation),
      parameters,
      inputs: binding.inputs,
      output: binding.output,
      outputDelta: delta && this.view(delta),
      differentiate: (ones, derivative) => bindDifferentiate(operation, binding, ones, derivative),
    };
  }

  private evaluateOutput(output: OutputObjective, index: number, totals: number): Step[] {
    const { runtime, plan, memory, trains } = this;
    const smoothed = memory.smoothed[index];
    const buffers = {
      y: this.value(plan.outputs[index]),
      lossInput: this.value(memory.lossInputs[index]),
      isPaired: memory.lossInputs[index] !== plan.outputs[index],
      targets: this.view(memory.targets[index]),
      smoothed: smoothed && this.view(smoothed),
      delta: this.view(memory.lossDeltas[index]),
      rowLosses: this.address(memory.rowLosses),
      rowWeights: this.address(memory.rowWeights[memory.rowWeights.length === 1 ? 0 : index]),
      totals,
      matrices: memory.metricMatrices[index].map((matrix) => this.view(matrix)),
    };
    return bindOutput(runtime, output, buffers, trains, this.options.group);
  }

  private backwardNode(allocated: AllocatedNode): Step[] {
    const { runtime, plan, memory } = this;
    const { group } = this.options;
    const { kernels } = runtime;
    const { node, index } = allocated;
    const gradientOf = (parameter: number): number => {
      const gradient = this.options.layout.gradientOf[parameter];
      return gradient === undefined ? 0 : this.vectors.gradients! + 4 * gradient.offset;
    };
    // Where no loss counts, gradients of 0 need no statistics of the batch.
    const apart = group?.isApart(index) === true && this.counts[node.output] ? group : undefined;
    const floatsOf = (parameter: number): number => storedFloats(plan.parameters[parameter].spec);
    const inputDeltas = node.inputs.map((input, order) => {
      const matrix = allocated.addedDeltas[order] ?? memory.deltas[input];
      return matrix && this.view(matrix);
    });
    const gradients = node.parameters.map((parameter, order) => {
      if (group !== undefined) return group.sumOf(index, order);
      const added = allocated.addedGradients[order];
      return added === undefined ? gradientOf(parameter) : this.address(added);
    });
    const steps = this.counts[node.output]
      ? bindBackward(
          node.operation,
          {
            ...this.binding(allocated, allocated.scratch.backward),
            outputDelta: this.view(memory.deltas[node.output]!),
            inputDeltas,
            gradients: apart === undefined ? gradients : gradients.map((sum) => (sum === 0 ? 0 : sum + apart.toBlock)),
            group: apart === undefined ? group : undefined,
            blockSums: this.address(allocated.blockSums),
          },
          this.isFrozen(node),
        )
      : zeroDeltas(
          kernels,
          inputDeltas,
          gradients.map((address, order) => ({ address, floats: floatsOf(node.parameters[order]) })),
          group,
        );
    if (apart !== undefined) {
      gradients.forEach((sum, order) => {
        const floats = floatsOf(node.parameters[order]);
        if (sum !== 0) steps.push(() => apart.addApart(sum, floats));
      });
    }
    // A value that several nodes read gets a delta from each; they are added from the last node to the first.
    allocated.addedDeltas.forEach((matrix, order) => {
      if (matrix === undefined) return;
      const part = this.view(matrix);
      const { address } = this.view(memory.deltas[node.inputs[order]]!);
      steps.push((rows) => kernels.f32_sum(rows * part.ld, address, part.address, address));
    });
    allocated.addedGradients.forEach((buffer, order) => {
      if (buffer === undefined) return;
      const parameter = node.parameters[order];
      const floats = floatsOf(parameter);
      const part = this.address(buffer);
      const whole = gradientOf(parameter);
      steps.push(() => kernels.f32_sum(floats, whole, part, whole));
    });
    return steps;
  }

  private isFrozen({ layer }: OperationNode): boolean {
    return this.options.layout.frozen.has(layer);
  }

  private binding({ node, index, saved }: AllocatedNode, scratch: PlannedBytes | undefined): TrainingBinding {
    return {
      runtime: this.runtime,
      clock: this.options.clock,
      node: index,
      inputs: node.inputs.map((input) => this.value(input)),
      output: this.value(node.output),
      parameters: parameterAddresses(this.plan, node, this.vectors.weights),
      scratch: this.address(scratch),
      saved: this.address(saved),
    };
  }
}
