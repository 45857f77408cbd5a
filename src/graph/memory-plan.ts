/**
 * Plans the memory of a prediction: the buffers of all values, as offsets into one region. training/memory-plan.ts adds
 * what training needs besides these values.
 */
import { isInPlace } from '../operations/forward.js';
import type { MatrixView } from '../runtime/matrix-view.js';
import { planBuffers, type BufferRequest } from './buffers.js';
import { LiveRanges, matrixAt, Timeline } from './live-ranges.js';
import type { NetworkPlan, OperationNode } from './plan.js';

/** Memory of a prediction. */
export interface ForwardMemory {
  readonly bytes: number;
  /** By value: its matrix, at an offset into the region. Values computed in place share a buffer. */
  readonly values: readonly MatrixView[];
}

/** Returns how often each value is read, by nodes and as an output. */
export function countUses({ nodes, outputs, widths }: NetworkPlan): number[] {
  const uses = widths.map(() => 0);
  for (const { inputs } of nodes) for (const input of inputs) uses[input] += 1;
  for (const output of outputs) uses[output] += 1;
  return uses;
}

/**
 * Returns the live ranges of all values in the forward direction. An in-place node writes to the buffer of its input,
 * unless another node reads that input too, or `readLater` says that the backward pass reads it.
 */
export function valueRanges(
  plan: NetworkPlan,
  timeline: Timeline,
  uses: readonly number[],
  readLater: (node: OperationNode) => boolean,
): LiveRanges {
  const { nodes } = plan;
  const ranges = new LiveRanges(plan.widths);
  for (const node of nodes) {
    const [input] = node.inputs;
    if (isInPlace(node.operation) && uses[input] === 1 && !readLater(node)) ranges.share(node.output, input);
  }
  for (const input of plan.inputs) ranges.use(input, timeline.start);
  nodes.forEach(({ inputs, output }, index) => {
    for (const value of [output, ...inputs]) ranges.use(value, timeline.forward(index));
  });
  return ranges;
}

/**
 * Plans the memory of predictions of up to `capacity` rows. Pure. With `rowsApart`, rows may be at different steps at a
 * time: values share no memory but those that are computed in place.
 */
export function planForward(plan: NetworkPlan, capacity: number, rowsApart = false): ForwardMemory {
  const timeline = new Timeline(plan.nodes.length);
  const ranges = valueRanges(plan, timeline, countUses(plan), () => false);
  for (const output of plan.outputs) ranges.use(output, timeline.end);
  if (rowsApart) for (const value of plan.widths.keys()) ranges.use(value, timeline.end);
  const requests: BufferRequest[] = [];
  const values = ranges.request(requests, capacity);
  const { bytes, offsets } = planBuffers(requests);
  return { bytes, values: values.map((buffer, value) => matrixAt(offsets[buffer!], plan.widths[value])) };
}
