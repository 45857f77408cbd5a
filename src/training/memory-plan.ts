/**
 * Plans the memory of a run with targets, as offsets into one region: values as for a prediction, and in addition the
 * deltas, targets, scratch and sums of training and evaluation. Pure: touches no memory. graph/live-ranges.ts and
 * graph/buffers.ts have the algorithm; program.ts turns offsets into addresses.
 */
import { ROW_BLOCK } from '../runtime/constants.generated.js';
import type { MatrixView } from '../runtime/matrix-view.js';
import { padded } from '../runtime/panels.js';
import { planBuffers, type BufferRequest } from '../graph/buffers.js';
import { LiveRanges, matrixAt, matrixBytes, Timeline } from '../graph/live-ranges.js';
import { countUses, valueRanges } from '../graph/memory-plan.js';
import { storedFloats, type NetworkPlan, type OperationNode } from '../graph/plan.js';
import { backwardReads, blockSumFloats, savedFloats, scratchFloats } from '../operations/backward.js';
import { isInPlace } from '../operations/forward.js';
import { appliedName } from '../operations/operation.js';
import type { TrainingLayout } from './layout.js';

/** A buffer that is not a matrix. */
export interface PlannedBytes {
  readonly offset: number;
}

/** A node that runs, with its buffers other than values and deltas. */
export interface AllocatedNode {
  readonly node: OperationNode;
  /** Number of the node in the network. */
  readonly index: number;
  readonly scratch: { readonly forward: PlannedBytes | undefined; readonly backward: PlannedBytes | undefined };
  readonly saved: PlannedBytes | undefined;
  /** Sums over a block of rows, if batches may be longer than that and the node has gradients. */
  readonly blockSums: PlannedBytes | undefined;
  /** By input: a temporary buffer for ∂L/∂input, if another contribution to that delta was written before. */
  readonly addedDeltas: readonly (MatrixView | undefined)[];
  /** By parameter: the same for gradients of a layer that is used in several places. */
  readonly addedGradients: readonly (PlannedBytes | undefined)[];
}

/** Memory of a run with targets. */
export interface TrainingMemory {
  readonly bytes: number;
  /** By value: its matrix. Values computed in place share a buffer. */
  readonly values: readonly MatrixView[];
  /** By value: the matrix of ∂L/∂value, if the run trains and the value depends on something learned. */
  readonly deltas: readonly (MatrixView | undefined)[];
  /** By output: the matrix to which its loss writes ∂L/∂lossInput. */
  readonly lossDeltas: readonly MatrixView[];
  /** By output: the matrix of its targets. */
  readonly targets: readonly MatrixView[];
  /** By output: smoothed targets for its loss; metrics use the original ones. */
  readonly smoothed: readonly (MatrixView | undefined)[];
  readonly rowLosses: PlannedBytes;
  /** One for all outputs, or one for each; none if rows have no weights. */
  readonly rowWeights: readonly PlannedBytes[];
  /** Sums of the row weights of several outputs. */
  readonly weightSums: readonly PlannedBytes[];
  /** By output: matrices for its metrics. */
  readonly metricMatrices: readonly (readonly MatrixView[])[];
  readonly totals: PlannedBytes;
  /** The nodes that run. An output's activation that is paired with its loss is computed by the loss. */
  readonly nodes: readonly AllocatedNode[];
  /** By output: the value that its loss reads: the output, or the logits if it is paired. */
  readonly lossInputs: readonly number[];
}

/** Properties of a run that decide which buffers it needs. */
export interface RunKind {
  /** Whether it runs backward. */
  readonly trains: boolean;
  /** The weights that are trained. */
  readonly layout: TrainingLayout;
  /** By output: the activation that its loss computes itself, if any. */
  readonly pairedWith: readonly (string | undefined)[];
  /** By output: the number of targets of a row, if it is not that of the outputs. */
  readonly targetWidths: readonly number[];
  /** By output: whether its loss smooths the targets. */
  readonly smooths: readonly boolean[];
  /** Number of running sums. */
  readonly totals: number;
  /** By output: the number of matrices that its metrics need. */
  readonly metricMatrices: readonly number[];
  /** Number of vectors of row weights, and of sums of them. */
  readonly weightVectors: number;
  readonly weightSums: number;
  /** Whether every value, delta and target stays readable until the end, for diagnosis. */
  readonly keepAll: boolean;
  /** If several batches may make one update: what owns the sums of gradients, but for those of nodes apart. */
  readonly group: { isApart(node: number): boolean } | undefined;
}

/** Requests for buffers of a run over up to `capacity` rows; each method returns the index of its request. */
class Requests {
  readonly list: BufferRequest[] = [];

  constructor(readonly capacity: number) {}

  bytes(size: number, from: number, to: number): number | undefined {
    return size === 0 ? undefined : this.list.push({ bytes: size, from, to }) - 1;
  }

  matrix(width: number, from: number, to: number): number {
    return this.list.push({ bytes: matrixBytes(this.capacity, width), from, to }) - 1;
  }
}

/** Plans the memory of a run over up to `capacity` rows. */
export function planTraining(plan: NetworkPlan, capacity: number, kind: RunKind): TrainingMemory {
  const { nodes, widths, outputs } = plan;
  const { trains, layout } = kind;
  const timeline = new Timeline(nodes.length);
  const uses = countUses(plan);
  const learns = learning(plan, layout);
  const paired = pairedNodes(plan, uses, kind.pairedWith);
  const lossInputs = outputs.map((output, index) => paired[index]?.inputs[0] ?? output);
  const omitted = new Set(paired);
  const requests = new Requests(capacity);

  const values = trainingValues(plan, kind, timeline, uses, learns, lossInputs).request(requests.list, capacity);
  const deltas = deltaRanges(plan, kind, timeline, uses, learns, lossInputs).request(requests.list, capacity);
  const added = trains ? planAdded(plan, kind, learns, omitted, lossInputs, timeline, requests) : [];
  const needs = nodes.map(({ operation, inputs, parameters, layer }, index) => {
    const isFrozen = layout.frozen.has(layer);
    const scratch = trains ? scratchFloats(operation, isFrozen) : undefined;
    const hasGradients = trains && parameters.some((parameter) => layout.gradientOf[parameter] !== undefined);
    const inBlocks = hasGradients && capacity > ROW_BLOCK && kind.group?.isApart(index) !== false;
    const descends = inputs.some((input) => learns[input]);
    const [forward, backward] = [timeline.forward(index), timeline.backward(index)];
    return {
      forward: requests.bytes(4 * (scratch?.forward ?? 0), forward, forward),
      backward: requests.bytes(descends ? 4 * (scratch?.backward ?? 0) : 0, backward, backward),
      blockSums: requests.bytes(inBlocks ? 4 * blockSumFloats(operation, isFrozen) : 0, backward, backward),
      saved: requests.bytes(trains ? 4 * savedFloats(operation, isFrozen) : 0, forward, timeline.end),
    };
  });
  const targetsUntil = kind.keepAll ? timeline.end : timeline.loss;
  const targets = outputs.map((output) => requests.matrix(widths[output], timeline.start, targetsUntil));
  const smoothed = outputs.map((output, index) =>
    kind.smooths[index] ? requests.matrix(widths[output], timeline.loss, timeline.loss) : undefined,
  );
  // A float per row; kernels write whole vectors of them.
  const perRow = 4 * padded(capacity);
  const rowLosses = requests.bytes(perRow, timeline.loss, timeline.loss);
  const perRowFrom = (length: number, from: number): number[] =>
    Array.from({ length }, () => requests.bytes(perRow, from, timeline.loss)!);
  const rowWeights = perRowFrom(kind.weightVectors, timeline.start);
  const weightSums = perRowFrom(kind.weightSums, timeline.loss);
  const metricMatrices = outputs.map((output, index) =>
    Array.from({ length: kind.metricMatrices[index] }, () =>
      requests.matrix(widths[output], timeline.loss, timeline.loss),
    ),
  );
  // Running sums belong to the epoch and outlive the run.
  const totals = requests.bytes(8 * kind.totals, timeline.start, timeline.end);

  const planned = planBuffers(requests.list);
  const bytes = (buffer: number | undefined): PlannedBytes | undefined =>
    buffer === undefined ? undefined : { offset: planned.offsets[buffer] };
  const matrix = (buffer: number | undefined, value: number): MatrixView | undefined =>
    buffer === undefined ? undefined : matrixAt(planned.offsets[buffer], widths[value]);
  return {
    bytes: planned.bytes,
    values: values.map((buffer, value) => matrix(buffer, value)!),
    deltas: widths.map((_, value) => (trains && learns[value] ? matrix(deltas[value], value) : undefined)),
    lossDeltas: lossInputs.map((value) => matrix(deltas[value], value)!),
    // Kernels step through outputs and targets alike, so the rows of both are equally far apart.
    targets: targets.map((buffer, index) => ({ ...matrix(buffer, outputs[index])!, width: kind.targetWidths[index] })),
    smoothed: smoothed.map((buffer, index) => matrix(buffer, outputs[index])),
    rowLosses: bytes(rowLosses)!,
    rowWeights: rowWeights.map((buffer) => bytes(buffer)!),
    weightSums: weightSums.map((buffer) => bytes(buffer)!),
    metricMatrices: metricMatrices.map((buffers, index) => buffers.map((buffer) => matrix(buffer, outputs[index])!)),
    totals: bytes(totals)!,
    nodes: nodes.flatMap((node, index) =>
      omitted.has(node)
        ? []
        : [
            {
              node,
              index,
              scratch: { forward: bytes(needs[index].forward), backward: bytes(needs[index].backward) },
              saved: bytes(needs[index].saved),
              blockSums: bytes(needs[index].blockSums),
              addedDeltas: added[index]?.deltas.map((buffer, input) => matrix(buffer, node.inputs[input])) ?? [],
              addedGradients: added[index]?.gradients.map(bytes) ?? [],
            },
          ],
    ),
    lossInputs,
  };
}

/**
 * Returns, by output, the node of its activation if the loss computes that activation itself. Excluded are an output
 * that another node reads, since it must exist before the loss, and a value that another loss already reads.
 */
function pairedNodes(
  { nodes, outputs }: NetworkPlan,
  uses: readonly number[],
  pairedWith: RunKind['pairedWith'],
): (OperationNode | undefined)[] {
  const maker = new Map(nodes.map((node) => [node.output, node]));
  const starts = new Set(outputs);
  return outputs.map((output, index) => {
    const node = maker.get(output);
    if (node === undefined || appliedName(node.operation) !== pairedWith[index]) return undefined;
    if (uses[output] !== 1 || starts.has(node.inputs[0])) return undefined;
    starts.add(node.inputs[0]);
    return node;
  });
}

/**
 * Requests temporary buffers for added contributions; returns them by node. The backward pass runs from the last node
 * to the first, after all losses. The first contribution to a delta or a gradient is written in place; later ones go to
 * temporary buffers and are then added.
 */
function planAdded(
  { nodes, widths, parameters }: NetworkPlan,
  { layout: { gradientOf }, group }: RunKind,
  learns: readonly boolean[],
  omitted: ReadonlySet<OperationNode | undefined>,
  lossInputs: readonly number[],
  timeline: Timeline,
  requests: Requests,
): { readonly deltas: readonly (number | undefined)[]; readonly gradients: readonly (number | undefined)[] }[] {
  const written = new Set(lossInputs);
  const differentiated = new Set<number>();
  return nodes
    .map((node, index) => ({ node, time: timeline.backward(index) }))
    .reverse()
    .map(({ node, time }) => {
      const { inputs, output, parameters: own } = node;
      if (!learns[output] || omitted.has(node)) return { deltas: [], gradients: [] };
      const deltas = inputs.map((input) => {
        if (!learns[input]) return undefined;
        const again = written.has(input);
        written.add(input);
        return again ? requests.matrix(widths[input], time, time) : undefined;
      });
      const gradients = own.map((parameter) => {
        if (gradientOf[parameter] === undefined) return undefined;
        const again = differentiated.has(parameter);
        differentiated.add(parameter);
        return again && group === undefined
          ? requests.bytes(4 * storedFloats(parameters[parameter].spec), time, time)
          : undefined;
      });
      return { deltas, gradients };
    })
    .reverse();
}

/** Returns, by value, whether it depends on something that is trained. */
function learning({ nodes, widths }: NetworkPlan, { gradientOf }: TrainingLayout): boolean[] {
  const learns = widths.map(() => false);
  for (const { inputs, output, parameters: own } of nodes) {
    learns[output] =
      own.some((parameter) => gradientOf[parameter] !== undefined) || inputs.some((input) => learns[input]);
  }
  return learns;
}

/** Returns live ranges of values: longer than for a prediction if backward, a loss or a diagnosis reads them. */
function trainingValues(
  plan: NetworkPlan,
  { trains, keepAll, layout: { frozen } }: RunKind,
  timeline: Timeline,
  uses: readonly number[],
  learns: readonly boolean[],
  lossInputs: readonly number[],
): LiveRanges {
  const { nodes } = plan;
  const maker = new Map(nodes.map((node) => [node.output, node]));
  // Backward does not run through a node below which nothing is trained.
  const readsOf = ({ operation, layer, output }: OperationNode): ReturnType<typeof backwardReads> =>
    trains && learns[output] ? backwardReads(operation, frozen.has(layer)) : { input: false, output: false };
  const readsOutput = (node: OperationNode | undefined): boolean => node !== undefined && readsOf(node).output;
  const readLater = (node: OperationNode): boolean =>
    keepAll || readsOf(node).input || readsOutput(maker.get(node.inputs[0]));
  const ranges = valueRanges(plan, timeline, uses, readLater);
  for (const value of [...plan.outputs, ...lossInputs]) ranges.use(value, timeline.loss);
  nodes.forEach((node, index) => {
    const { inputs, output } = node;
    if (keepAll) for (const value of [output, ...inputs]) ranges.use(value, timeline.end);
    const reads = readsOf(node);
    if (reads.output) ranges.use(output, timeline.backward(index));
    if (reads.input) for (const input of inputs) ranges.use(input, timeline.backward(index));
  });
  return ranges;
}

/** Returns live ranges of deltas. An in-place node writes the delta of its input over that of its output. */
function deltaRanges(
  plan: NetworkPlan,
  { trains, keepAll }: RunKind,
  timeline: Timeline,
  uses: readonly number[],
  learns: readonly boolean[],
  lossInputs: readonly number[],
): LiveRanges {
  const { nodes } = plan;
  const ranges = new LiveRanges(plan.widths);
  for (const { operation, inputs, output } of [...nodes].reverse()) {
    if (isInPlace(operation) && uses[inputs[0]] === 1 && !keepAll) ranges.share(inputs[0], output);
  }
  for (const value of [...plan.outputs, ...lossInputs]) ranges.use(value, timeline.loss);
  if (!trains) return ranges;
  nodes.forEach(({ inputs, output }, index) => {
    const at = [timeline.backward(index), ...(keepAll ? [timeline.end] : [])];
    for (const value of [output, ...inputs]) if (learns[value]) for (const time of at) ranges.use(value, time);
  });
  return ranges;
}
