import { padded } from '../engine/panels.js';
import { planBuffers, type BufferRequest } from './buffers.js';
import type { NetworkPlan, PlanNode } from './plan.js';

/** A matrix buffer: (capacity, width) with rows ld apart, at a byte offset. */
export interface PlannedMatrix {
  readonly offset: number;
  readonly width: number;
  readonly ld: number;
}

interface PlannedBytes {
  readonly offset: number;
}

/** Where everything of a run stands, as offsets into one region. */
export interface MemoryPlan {
  readonly bytes: number;
  /** By value: its matrix. Values that work in place share one. */
  readonly values: readonly PlannedMatrix[];
  /** By value: the matrix of ∂L/∂value, where anything before it learns. */
  readonly deltas: readonly (PlannedMatrix | undefined)[];
  /** By computed node: what its backward step needs for itself. */
  readonly scratch: readonly (PlannedBytes | undefined)[];
  readonly targets: PlannedMatrix | undefined;
  readonly rowLosses: PlannedBytes | undefined;
  readonly totals: PlannedBytes | undefined;
  /** The nodes that run; a last activation that is paired with the loss is left to the loss. */
  readonly computed: readonly PlanNode[];
  /** The value that the loss starts from: the outputs, or where paired the logits. */
  readonly lossInput: number;
}

export interface RunKind {
  readonly trains: boolean;
  /** The output activation that the loss takes over, with an objective that has one. */
  readonly pairedWith?: string | undefined;
  /** Number of running sums, with an objective. */
  readonly totals?: number;
}

/**
 * Rows whose length is a multiple of 1 KiB fall on few sets of the caches: the weight gradient, which walks down columns, ran at
 * 17 instead of 30 GFLOP/s on 512 columns. One more cache line per row spreads them.
 */
const leadingDimension = (width: number): number => (padded(width) % 256 === 0 ? padded(width) + 16 : padded(width));

/** Values or deltas that share buffers, each group alive from its first to its last use. */
class Lives {
  private readonly root: number[];
  private readonly from: number[];
  private readonly to: number[];

  constructor(private readonly widths: readonly number[]) {
    this.root = widths.map((_, index) => index);
    this.from = widths.map(() => Infinity);
    this.to = widths.map(() => -Infinity);
  }

  /** From now on `a` stands where `b` stands. Both have the same width. */
  share(a: number, b: number): void {
    this.root[a] = this.root[b];
  }

  use(index: number, time: number): void {
    const root = this.root[index];
    this.from[root] = Math.min(this.from[root], time);
    this.to[root] = Math.max(this.to[root], time);
  }

  /** Asks for a buffer per group that is used; tells for each member which request is its own. */
  request(requests: BufferRequest[], capacity: number): (number | undefined)[] {
    const own = this.widths.map((width, index) => {
      if (this.root[index] !== index || this.from[index] > this.to[index]) return undefined;
      const bytes = 4 * capacity * leadingDimension(width);
      return requests.push({ bytes, from: this.from[index], to: this.to[index] }) - 1;
    });
    return this.root.map((root) => own[root]);
  }
}

/**
 * Plans the memory of a run over up to `capacity` rows: pure. Moments of a run: forward of node i at i, the loss at N, backward of
 * node i at 2N − i; the input is written at −1.
 */
export function planMemory(plan: NetworkPlan, capacity: number, kind: RunKind): MemoryPlan {
  const { nodes, widths } = plan;
  const last = nodes.at(-1);
  const measured = kind.totals !== undefined;
  const paired = measured && last !== undefined && last.operation.kind === kind.pairedWith;
  const computed = paired ? nodes.slice(0, -1) : nodes;
  const lossInput = paired ? last.inputs[0] : plan.output;

  const requests: BufferRequest[] = [];
  const values = planValues(plan, kind, measured).request(requests, capacity);
  const learns = learning(plan);
  const deltas = planDeltas(plan, kind, measured, learns).request(requests, capacity);

  const lossTime = nodes.length;
  const end = 2 * nodes.length + 1;
  const bytes = (size: number, from: number, to: number): number => requests.push({ bytes: size, from, to }) - 1;
  const scratch = computed.map(({ operation, inputs }, index) => {
    const time = 2 * nodes.length - index;
    return kind.trains && inputs.some((input) => learns[input]) ? bytes(4 * operation.scratch, time, time) : undefined;
  });
  const outputLd = leadingDimension(widths[plan.output]);
  const targets = measured ? bytes(4 * capacity * outputLd, -1, lossTime) : undefined;
  const rowLosses = measured ? bytes(4 * capacity, lossTime, lossTime) : undefined;
  // Running sums outlive the run: they belong to the epoch.
  const totals = measured ? bytes(8 * (kind.totals ?? 0), -1, end) : undefined;

  const layout = planBuffers(requests);
  const placed = (buffer: number | undefined) =>
    buffer === undefined ? undefined : { offset: layout.offsets[buffer] };
  const matrix = (buffer: number | undefined, value: number): PlannedMatrix | undefined =>
    buffer === undefined
      ? undefined
      : { offset: layout.offsets[buffer], width: widths[value], ld: leadingDimension(widths[value]) };
  return {
    bytes: layout.bytes,
    values: values.map((buffer, value) => matrix(buffer, value)!),
    deltas: deltas.map(matrix),
    scratch: scratch.map(placed),
    targets: matrix(targets, plan.output),
    rowLosses: placed(rowLosses),
    totals: placed(totals),
    computed,
    lossInput,
  };
}

const consumers = ({ nodes }: NetworkPlan, value: number): number =>
  nodes.filter(({ inputs }) => inputs.includes(value)).length;

/** Which values depend on something that learns. */
function learning({ nodes, widths }: NetworkPlan): boolean[] {
  const learns = widths.map(() => false);
  for (const { inputs, output, parameters } of nodes) {
    learns[output] = parameters.length > 0 || inputs.some((input) => learns[input]);
  }
  return learns;
}

function planValues(plan: NetworkPlan, { trains }: RunKind, measured: boolean): Lives {
  const { nodes } = plan;
  const lives = new Lives(plan.widths);
  const maker = new Map(nodes.map((node) => [node.output, node]));
  // A node in place takes its input's buffer, unless somebody still reads what stood there.
  for (const { operation, inputs, output } of nodes) {
    const [input] = inputs;
    const readLater =
      trains && (operation.backwardReads.input || maker.get(input)?.operation.backwardReads.output === true);
    if (operation.inPlace && consumers(plan, input) === 1 && !readLater) lives.share(output, input);
  }
  const end = 2 * nodes.length + 1;
  lives.use(plan.input, -1);
  lives.use(plan.output, measured ? nodes.length : end);
  nodes.forEach(({ operation, inputs, output }, index) => {
    const backward = 2 * nodes.length - index;
    lives.use(output, index);
    for (const input of inputs) lives.use(input, index);
    if (trains && operation.backwardReads.output) lives.use(output, backward);
    if (trains && operation.backwardReads.input) for (const input of inputs) lives.use(input, backward);
  });
  return lives;
}

function planDeltas(plan: NetworkPlan, { trains }: RunKind, measured: boolean, learns: readonly boolean[]): Lives {
  const { nodes } = plan;
  const lives = new Lives(plan.widths);
  for (const { operation, inputs, output } of [...nodes].reverse()) {
    if (operation.inPlace && consumers(plan, inputs[0]) === 1) lives.share(inputs[0], output);
  }
  if (measured) lives.use(plan.output, nodes.length);
  if (!trains) return lives;
  nodes.forEach(({ inputs, output }, index) => {
    const backward = 2 * nodes.length - index;
    if (learns[output]) lives.use(output, backward);
    for (const input of inputs) if (learns[input]) lives.use(input, backward);
  });
  return lives;
}
