import { ownOf } from '../common/objects.js';
import { padded } from '../runtime/panels.js';
import { planBuffers, type BufferRequest } from './buffers.js';
import { storedFloats, type NetworkPlan, type PlanNode } from './plan.js';

/** A matrix buffer: (capacity, width) with rows ld apart, at a byte offset. */
export interface PlannedMatrix {
  readonly offset: number;
  readonly width: number;
  readonly ld: number;
}

export interface PlannedBytes {
  readonly offset: number;
}

/** A node that runs, with what it needs besides values and deltas. */
export interface PlannedNode {
  readonly node: PlanNode;
  /** Its number in the network. */
  readonly index: number;
  readonly scratch: { readonly forward: PlannedBytes | undefined; readonly backward: PlannedBytes | undefined };
  readonly saved: PlannedBytes | undefined;
  /** By input: where ∂L/∂input goes when somebody else has written that delta before, to be added to it. */
  readonly addedDeltas: readonly (PlannedMatrix | undefined)[];
  /** By parameter: the same for gradients of a layer that stands in several places. */
  readonly addedGradients: readonly (PlannedBytes | undefined)[];
}

/** Where everything of a run stands, as offsets into one region. */
export interface MemoryPlan {
  readonly bytes: number;
  /** By value: its matrix. Values that work in place share one. */
  readonly values: readonly PlannedMatrix[];
  /** By value: the matrix of ∂L/∂value, where the run trains and anything before it learns. */
  readonly deltas: readonly (PlannedMatrix | undefined)[];
  /** By output: where its loss writes ∂L/∂lossInput, which nobody reads where nothing before it learns. */
  readonly lossDeltas: readonly PlannedMatrix[];
  /** By output. */
  readonly targets: readonly PlannedMatrix[];
  /** By output: where the targets stand as its loss smooths them, since metrics see those that were given. */
  readonly smoothed: readonly (PlannedMatrix | undefined)[];
  readonly rowLosses: PlannedBytes | undefined;
  readonly rowWeights: PlannedBytes | undefined;
  readonly totals: PlannedBytes | undefined;
  /** The nodes that run; a last activation that is paired with the loss is left to the loss. */
  readonly computed: readonly PlannedNode[];
  /** By output: the value that its loss starts from, the outputs, or where paired the logits. */
  readonly lossInputs: readonly number[];
}

export interface RunKind {
  readonly trains: boolean;
  /** With an objective. */
  readonly objective?: {
    /** By output: the activation that its loss takes over, where there is one. */
    readonly pairedWith: readonly (string | undefined)[];
    /** By output: whether its loss smooths the targets. */
    readonly smooths: readonly boolean[];
    /** Number of running sums. */
    readonly totals: number;
    /** Whether rows have weights. */
    readonly weighted: boolean;
  };
  /** Every value, delta and target stays readable until the end, for diagnosis. */
  readonly keepAll?: boolean;
}

/**
 * Rows whose length is a multiple of 1 KiB fall on few sets of the caches: the weight gradient, which walks down
 * columns, ran at 17 instead of 30 GFLOP/s on 512 columns. One more cache line per row spreads them.
 */
const leadingDimension = (width: number): number => (padded(width) % 256 === 0 ? padded(width) + 16 : padded(width));

/** Values or deltas that share buffers, each group alive from its first to its last use. */
class LiveRanges {
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

/** The moments of a run. */
class Timeline {
  /** The input is written. */
  readonly start = -1;
  readonly loss: number;
  readonly end: number;

  constructor(private readonly count: number) {
    this.loss = count;
    this.end = 2 * count + 1;
  }

  forward(index: number): number {
    return index;
  }

  backward(index: number): number {
    return 2 * this.count - index;
  }
}

/** Plans the memory of a run over up to `capacity` rows: pure. */
export function planMemory(plan: NetworkPlan, capacity: number, kind: RunKind): MemoryPlan {
  const { nodes, widths, outputs } = plan;
  const { objective, trains } = kind;
  const timeline = new Timeline(nodes.length);
  const uses = countUses(plan);
  const learns = learning(plan);
  const maker = new Map(nodes.map((node) => [node.output, node]));

  // An output that somebody else reads must be there before the loss, and only one loss can start from a value.
  const starts = new Set(outputs);
  const paired = outputs.map((output, index) => {
    const node = maker.get(output);
    if (node === undefined || node.operation.kind !== objective?.pairedWith[index]) return undefined;
    if (uses[output] !== 1 || starts.has(node.inputs[0])) return undefined;
    starts.add(node.inputs[0]);
    return node;
  });
  const lossInputs = outputs.map((output, index) => paired[index]?.inputs[0] ?? output);
  const left = new Set(paired);

  const requests: BufferRequest[] = [];
  const bytes = (size: number | undefined, from: number, to: number): number | undefined =>
    size === undefined || size === 0 ? undefined : requests.push({ bytes: size, from, to }) - 1;
  const matrix = (width: number, from: number, to: number): number =>
    requests.push({ bytes: 4 * capacity * leadingDimension(width), from, to }) - 1;

  const values = planValues(plan, kind, timeline, uses, lossInputs).request(requests, capacity);
  const deltas =
    objective || trains ? planDeltas(plan, kind, timeline, uses, learns, lossInputs).request(requests, capacity) : [];
  const extra = trains ? planAdded(plan, learns, left, objective ? lossInputs : [], { timeline, bytes, matrix }) : [];

  const needs = nodes.map(({ operation, inputs }, index) => {
    const scratch = ownOf(operation, 'scratch');
    const [forward, backward] = [ownOf(scratch, 'forward'), ownOf(scratch, 'backward')];
    const floats = (count: number | undefined, time: number): number | undefined =>
      bytes(count === undefined ? undefined : 4 * count, time, time);
    const descends = trains && inputs.some((input) => learns[input]);
    return {
      forward: trains ? floats(forward, timeline.forward(index)) : undefined,
      backward: descends ? floats(backward, timeline.backward(index)) : undefined,
      saved: trains ? bytes(4 * (ownOf(operation, 'saved') ?? 0), timeline.forward(index), timeline.end) : undefined,
    };
  });
  const targetsUntil = kind.keepAll ? timeline.end : timeline.loss;
  const targets = objective ? outputs.map((output) => matrix(widths[output], timeline.start, targetsUntil)) : [];
  const smoothed = objective
    ? outputs.map((output, index) =>
        objective.smooths[index] ? matrix(widths[output], timeline.loss, timeline.loss) : undefined,
      )
    : [];
  // A float per row; kernels write whole vectors of them.
  const perRow = 4 * padded(capacity);
  const rowLosses = objective && bytes(perRow, timeline.loss, timeline.loss);
  const rowWeights = objective?.weighted ? bytes(perRow, timeline.start, timeline.loss) : undefined;
  // Running sums outlive the run: they belong to the epoch.
  const totals = objective && bytes(8 * objective.totals, timeline.start, timeline.end);

  const layout = planBuffers(requests);
  const placed = (buffer: number | undefined) =>
    buffer === undefined ? undefined : { offset: layout.offsets[buffer] };
  const placedMatrix = (buffer: number | undefined, value: number): PlannedMatrix | undefined =>
    buffer === undefined
      ? undefined
      : { offset: layout.offsets[buffer], width: widths[value], ld: leadingDimension(widths[value]) };
  return {
    bytes: layout.bytes,
    values: values.map((buffer, value) => placedMatrix(buffer, value)!),
    deltas: widths.map((_, value) => (trains && learns[value] ? placedMatrix(deltas[value], value) : undefined)),
    lossDeltas: objective ? lossInputs.map((value) => placedMatrix(deltas[value], value)!) : [],
    targets: targets.map((buffer, index) => placedMatrix(buffer, outputs[index])!),
    smoothed: smoothed.map((buffer, index) => placedMatrix(buffer, outputs[index])),
    rowLosses: placed(rowLosses),
    rowWeights: placed(rowWeights),
    totals: placed(totals),
    computed: nodes.flatMap((node, index) =>
      left.has(node)
        ? []
        : [
            {
              node,
              index,
              scratch: { forward: placed(needs[index].forward), backward: placed(needs[index].backward) },
              saved: placed(needs[index].saved),
              addedDeltas: extra[index]?.deltas.map((buffer, input) => placedMatrix(buffer, node.inputs[input])) ?? [],
              addedGradients: extra[index]?.gradients.map(placed) ?? [],
            },
          ],
    ),
    lossInputs,
  };
}

/**
 * Backward goes from the last node to the first; a loss comes before all of them. Who comes to a delta or a gradient
 * second writes it apart, to be added: by node, the buffers for that.
 */
function planAdded(
  { nodes, widths, parameters }: NetworkPlan,
  learns: readonly boolean[],
  left: ReadonlySet<PlanNode | undefined>,
  lossInputs: readonly number[],
  request: {
    readonly timeline: Timeline;
    bytes(size: number, from: number, to: number): number | undefined;
    matrix(width: number, from: number, to: number): number;
  },
): { readonly deltas: readonly (number | undefined)[]; readonly gradients: readonly (number | undefined)[] }[] {
  const written = new Set(lossInputs);
  const differentiated = new Set<number>();
  return nodes
    .map((node, index) => ({ node, time: request.timeline.backward(index) }))
    .reverse()
    .map(({ node, time }) => {
      const { inputs, output, parameters: own } = node;
      if (!learns[output] || left.has(node)) return { deltas: [], gradients: [] };
      const deltas = inputs.map((input) => {
        if (!learns[input]) return undefined;
        const again = written.has(input);
        written.add(input);
        return again ? request.matrix(widths[input], time, time) : undefined;
      });
      const gradients = own.map((parameter) => {
        const { spec } = parameters[parameter];
        if (!spec.learned) return undefined;
        const again = differentiated.has(parameter);
        differentiated.add(parameter);
        return again ? request.bytes(4 * storedFloats(spec), time, time) : undefined;
      });
      return { deltas, gradients };
    })
    .reverse();
}

/** How often each value is read: by nodes, and as an output. */
function countUses({ nodes, outputs, widths }: NetworkPlan): number[] {
  const uses = widths.map(() => 0);
  for (const { inputs } of nodes) for (const input of inputs) uses[input] += 1;
  for (const output of outputs) uses[output] += 1;
  return uses;
}

/** Which values depend on something that learns. */
function learning({ nodes, widths, parameters }: NetworkPlan): boolean[] {
  const learns = widths.map(() => false);
  for (const { inputs, output, parameters: own } of nodes) {
    learns[output] =
      own.some((parameter) => parameters[parameter].spec.learned) || inputs.some((input) => learns[input]);
  }
  return learns;
}

function planValues(
  plan: NetworkPlan,
  kind: RunKind,
  timeline: Timeline,
  uses: readonly number[],
  lossInputs: readonly number[],
): LiveRanges {
  const { nodes } = plan;
  const { trains } = kind;
  const ranges = new LiveRanges(plan.widths);
  const maker = new Map(nodes.map((node) => [node.output, node]));
  // A node in place takes its input's buffer, unless somebody still reads what stood there.
  for (const { operation, inputs, output } of nodes) {
    const [input] = inputs;
    const readLater =
      trains && (operation.backwardReads.input || maker.get(input)?.operation.backwardReads.output === true);
    if (operation.inPlace && uses[input] === 1 && !readLater && !kind.keepAll) ranges.share(output, input);
  }
  for (const input of plan.inputs) ranges.use(input, timeline.start);
  for (const output of plan.outputs) ranges.use(output, kind.objective ? timeline.loss : timeline.end);
  if (kind.objective) for (const value of lossInputs) ranges.use(value, timeline.loss);
  nodes.forEach(({ operation, inputs, output }, index) => {
    for (const value of [output, ...inputs]) ranges.use(value, timeline.forward(index));
    if (kind.keepAll) for (const value of [output, ...inputs]) ranges.use(value, timeline.end);
    if (trains && operation.backwardReads.output) ranges.use(output, timeline.backward(index));
    if (trains && operation.backwardReads.input)
      for (const input of inputs) ranges.use(input, timeline.backward(index));
  });
  return ranges;
}

function planDeltas(
  plan: NetworkPlan,
  kind: RunKind,
  timeline: Timeline,
  uses: readonly number[],
  learns: readonly boolean[],
  lossInputs: readonly number[],
): LiveRanges {
  const { nodes } = plan;
  const ranges = new LiveRanges(plan.widths);
  for (const { operation, inputs, output } of [...nodes].reverse()) {
    if (operation.inPlace && uses[inputs[0]] === 1 && !kind.keepAll) ranges.share(inputs[0], output);
  }
  if (kind.objective) for (const value of [...plan.outputs, ...lossInputs]) ranges.use(value, timeline.loss);
  if (!kind.trains) return ranges;
  nodes.forEach(({ inputs, output }, index) => {
    const at = [timeline.backward(index), ...(kind.keepAll ? [timeline.end] : [])];
    for (const value of [output, ...inputs]) if (learns[value]) for (const time of at) ranges.use(value, time);
  });
  return ranges;
}
