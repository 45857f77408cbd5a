import { ownOf } from '../common/objects.js';
import { sizeOf } from '../common/tensors.js';
import { isInput } from '../graph/graph.js';
import type { NetworkPlan } from '../graph/plan.js';
import { descriptionOf } from '../layers/descriptions.js';

/** Largest number of layers listed as read by another. */
const MOST_READ = 20;

const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/**
 * Returns a table of layers in order: name, detail, output shape, parameters, and in a graph the layers that each
 * reads.
 */
export function summarize(plan: NetworkPlan, frozen: ReadonlySet<number>, optimizer: string | undefined): string {
  const { graph, parameters } = plan;
  const branched = graph.naming === 'layers';
  const learnedBy = new Map<number, number>();
  let [learned, others, fixed, bytes] = [0, 0, 0, 0];
  for (const { layer, spec } of parameters) {
    const size = sizeOf(spec.shape);
    if (spec.learned) {
      learned += size;
      bytes += spec.storage === 'int8' ? size : 4 * size;
      if (frozen.has(layer)) fixed += size;
      learnedBy.set(layer, (learnedBy.get(layer) ?? 0) + size);
    } else others += size;
  }
  const int8 = ownOf(graph, 'int8');
  const markOf = (layer: number): string => (int8?.has(layer) ? ' int8' : frozen.has(layer) ? ' frozen' : '');
  const met = new Set<number>();
  const rows = graph.nodes.flatMap(({ layer: index, inputs }, node) => {
    const layer = graph.layers[index];
    if (!branched && isInput(layer)) return [];
    const name = graph.names[index];
    const again = met.has(index);
    met.add(index);
    const cells = [
      name === layer.kind || layer.config.name === undefined ? name : `${name} (${layer.kind})`,
      descriptionOf(layer).detail(layer.config as never),
      `(batch, ${plan.widths[plan.values[node]]})`,
      again ? 'as above' : `${grouped(learnedBy.get(index) ?? 0)}${markOf(index)}`,
    ];
    const reads = inputs.slice(0, MOST_READ).map((input) => graph.names[graph.nodes[input].layer]);
    if (inputs.length > MOST_READ) reads.push(`${inputs.length - MOST_READ} more`);
    return [branched ? [...cells, reads.join(', ')] : cells];
  });
  const titles = ['layer', '', 'output shape', 'parameters', ...(branched ? ['reads'] : [])];
  const table = [titles, ...rows];
  const widths = titles.map((_, column) => table.reduce((most, row) => Math.max(most, row[column].length), 0));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 3 ? cell.padStart(widths[3]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  const total = [
    `${grouped(learned)} parameters, ${grouped(bytes)} bytes`,
    ...(frozen.size === 0 ? [] : [`${grouped(learned - fixed)} trainable and ${grouped(fixed)} frozen`]),
    ...(others === 0 ? [] : [`${grouped(others)} more that are not learned`]),
    ...(optimizer === undefined || int8 !== undefined ? [] : [`trained by ${optimizer}`]),
  ].join(', ');
  const heads = branched ? [] : [`inputs (batch, ${plan.widths[plan.inputs[0]]})`, ''];
  return [...heads, line(titles), rule, ...rows.map(line), rule, total].join('\n');
}
