import { sizeOf } from '../common/tensors.js';
import type { NetworkPlan } from '../graph/plan.js';
import type { Layer } from '../layers/registry.js';

const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** A table of layers, output shapes and parameter counts. */
export function summarize(layers: readonly Layer[], plan: NetworkPlan, optimizer: string | undefined): string {
  const rows = layers.map(({ kind, config }, index) => {
    const own = plan.nodes.filter(({ layer }) => layer === index).flatMap(({ parameters }) => parameters);
    const count = own.reduce((sum, parameter) => sum + sizeOf(plan.parameters[parameter].spec.shape), 0);
    const name = config.name === undefined ? `${index} ${kind}` : `${index} ${kind} "${config.name}"`;
    const activation = 'activation' in config ? config.activation.kind : `${config.pieces} pieces`;
    return [name, activation, `(batch, ${config.units})`, grouped(count)];
  });
  const total = plan.parameters.reduce((sum, { spec }) => sum + sizeOf(spec.shape), 0);
  const table = [['layer', 'activation', 'output shape', 'parameters'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 3 ? cell.padStart(widths[3]) : cell.padEnd(widths[column]))).join('  ');
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [
    `inputs (batch, ${plan.widths[plan.input]})`,
    '',
    line(table[0]),
    rule,
    ...rows.map(line),
    rule,
    `${grouped(total)} parameters, ${grouped(4 * total)} bytes${optimizer === undefined ? '' : `, trained by ${optimizer}`}`,
  ].join('\n');
}
