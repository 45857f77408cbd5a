import type { Machine } from '../engine/machine.js';
import type { Place, Step } from '../engine/step.js';
import type { LossDefinition } from '../losses/bind.js';
import type { MetricDefinition } from '../metrics/metrics.js';
import { planMemory, type MemoryPlan } from './memory-plan.js';
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

/** A plan bound to addresses for batches of up to `capacity` rows. */
export interface Program {
  readonly capacity: number;
  readonly input: Place;
  readonly output: Place;
  /** Where targets go, (rows, outputs); at address 0 without an objective. */
  readonly targets: Place;
  /** Address of float64 running sums: the loss, then each metric; 0 without an objective. */
  readonly totals: number;
  readonly steps: readonly Step[];
  free(): void;
}

/**
 * Binds a plan. Without an objective: forward only. With one: forward, loss and metrics. With gradients: backward as well, after which
 * ∂L/∂parameters stand in the gradient vector.
 */
export function bindProgram(
  machine: Machine,
  plan: NetworkPlan,
  addresses: ParameterAddresses,
  capacity: number,
  objective?: Objective,
): Program {
  const memory = planMemory(plan, capacity, {
    trains: addresses.gradients !== undefined,
    ...(objective && { pairedWith: objective.loss.pairedWith, totals: 1 + objective.metrics.length }),
  });
  const region = machine.arena.allocate(memory.bytes);
  // Padding columns are read along with the rest; they must never hold a NaN of somebody else's.
  machine.memory.u8.fill(0, region, region + memory.bytes);
  const binder = new Binder(machine, plan, memory, region, addresses);
  return {
    capacity,
    input: binder.value(plan.input),
    output: binder.value(plan.output),
    targets: binder.place(memory.targets),
    totals: binder.address(memory.totals),
    steps: [...binder.forward(), ...(objective ? binder.measure(objective) : []), ...binder.backward()],
    free: () => machine.arena.free(region),
  };
}

/** Runs a program over the `rows` rows that stand in its input. */
export function runProgram({ steps }: Program, rows: number): void {
  for (let i = 0; i < steps.length; i++) steps[i](rows);
}

/** Turns the numbers of a memory plan into addresses, and nodes into steps. */
class Binder {
  constructor(
    private readonly machine: Machine,
    private readonly plan: NetworkPlan,
    private readonly memory: MemoryPlan,
    private readonly region: number,
    private readonly addresses: ParameterAddresses,
  ) {}

  address(buffer: { readonly offset: number } | undefined): number {
    return buffer === undefined ? 0 : this.region + buffer.offset;
  }

  place(buffer: { readonly offset: number; readonly width: number; readonly ld: number } | undefined): Place {
    return { address: this.address(buffer), width: buffer?.width ?? 0, ld: buffer?.ld ?? 0 };
  }

  value(value: number): Place {
    return this.place(this.memory.values[value]);
  }

  forward(): Step[] {
    return this.memory.computed.flatMap((node) => node.operation.forward(this.binding(node)));
  }

  /** BP1: loss and ∂L/∂output together, then what is reported. */
  measure({ loss, metrics }: Objective): Step[] {
    const { machine, plan, memory } = this;
    const y = this.value(plan.output);
    const targets = this.place(memory.targets);
    const rowLosses = this.address(memory.rowLosses);
    const totals = this.address(memory.totals);
    const { lossInput } = memory;
    const places = { y, z: this.value(lossInput), targets, delta: this.place(memory.deltas[lossInput]), rowLosses };
    const paired = lossInput !== plan.output && loss.bindPaired !== undefined;
    return [
      paired ? loss.bindPaired(machine, places) : loss.bind(machine, places),
      (rows) => machine.kernels.f64_add_sum(rows, rowLosses, totals),
      ...metrics.map((metric, index) => metric.bind(machine, y, targets, totals + 8 * (index + 1))),
    ];
  }

  /** BP2 to BP4, from the last node to the first that has something before it to learn. */
  backward(): Step[] {
    const { plan, memory } = this;
    const { gradients } = this.addresses;
    if (gradients === undefined) return [];
    return memory.computed
      .map((node, index) => ({ node, scratch: this.address(memory.scratch[index]) }))
      .filter(({ node }) => memory.deltas[node.output] !== undefined)
      .reverse()
      .flatMap(({ node, scratch }) =>
        node.operation.backward({
          ...this.binding(node),
          outputDelta: this.place(memory.deltas[node.output]),
          inputDeltas: node.inputs.map((input) => memory.deltas[input] && this.place(memory.deltas[input])),
          gradients: node.parameters.map((parameter) => gradients + 4 * plan.parameters[parameter].offset),
          scratch,
        }),
      );
  }

  private binding({ inputs, output, parameters }: PlanNode) {
    return {
      machine: this.machine,
      inputs: inputs.map((input) => this.value(input)),
      output: this.value(output),
      parameters: parameters.map((index) => this.addresses.weights + 4 * this.plan.parameters[index].offset),
    };
  }
}
