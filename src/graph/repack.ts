/** Rearranges weights in memory from the panels of one register tile to those of another. */
import type { Tile } from '../runtime/tile.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { readParameters, writeParameters } from './parameters.js';
import type { PlannedParameter } from './plan.js';

/** A flat vector with parameters at their offsets. */
export interface Packed {
  readonly address: number;
  readonly parameters: readonly PlannedParameter[];
}

/** Floats that a parameter needs while it is rearranged: the rows of its widest panel. */
const rowsOf = ({ spec: { shape } }: PlannedParameter, width: number): number => shape[1] * Math.min(width, shape[0]);

/**
 * Rearranges vectors, and gives the runtime the other tile. Padding becomes 0, as it was. Steps that are bound already
 * use the tile from then on. Throws, and changes nothing, where memory for copies is missing.
 */
export function repack(runtime: WasmRuntime, to: Tile, vectors: readonly Packed[]): void {
  const { arena, tile } = runtime;
  const panels = vectors.map(({ address, parameters }) => ({
    address,
    parameters: parameters.filter(({ spec }) => spec.storage === 'panels'),
  }));
  const widest = Math.max(tile.panelWidth, to.panelWidth);
  const rows = panels.flatMap(({ parameters }) => parameters.map((parameter) => rowsOf(parameter, widest)));
  // So that there is room when the rows are written.
  arena.free(arena.allocate(4 * rows.reduce((most, one) => Math.max(most, one), 0)));
  const tensors = panels.map(({ address, parameters }) => readParameters(runtime, address, parameters));
  Object.assign(tile, to);
  panels.forEach(({ address, parameters }, index) =>
    writeParameters(
      runtime,
      address,
      parameters,
      tensors[index].map(({ data }) => data),
    ),
  );
}
