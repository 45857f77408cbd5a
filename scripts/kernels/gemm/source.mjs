/**
 * Assembles the templates to the source of `assembly/gemm/tiles.generated.ts`: a tile function and a panel loop for
 * each shape and form, the matrix–vector products, and an exported driver for each main tile and form. Prettier formats
 * it like the rest of assembly/, so that it can be read and debugged as AssemblyScript.
 */
import { format, resolveConfig } from 'prettier';
import { gemmDriver, gemmTNDriver } from './drivers.mjs';
import { EDGE_ROWS, GEMV_PANELS, GEMV_REMAINDERS, TAIL_ROWS, TILES, nameOf } from './family.mjs';
import { gemv, gemvName, gemvTile, gemvTileName } from './gemv.mjs';
import { gemmPanel, gemmTNPanel } from './panels.mjs';
import { PACKED, UNPACKED, gemmTile, gemmTNTile } from './tile.mjs';

const HEAD = `
// Written by scripts/kernels/build-kernels.mjs, from the templates in scripts/kernels/gemm/. Do not edit.
import { madd } from '../simd/madd';
import {
  copyRows, depthBlock, edgeRows, packedRowBlock, packsA, packsTN, panelAt, rowBlock,
} from './blocking';
import { GEMM_TN_A_BYTES, GEMM_TN_DEPTH, GEMM_TN_ROWS } from './constants.generated';
import { packA } from './packed-a';`;

/**
 * The shapes without those that would give a function of the same name again.
 *
 * @template S
 * @param {readonly S[]} shapes
 * @param {(shape: S) => string} name
 */
const distinct = (shapes, name) => [...new Map(shapes.map((shape) => [name(shape), shape])).values()];

/**
 * Throws if the tables of the matrix–vector product would leave columns out, or expect a function that is not written.
 */
function checkGemv() {
  for (const [R, W] of TILES) {
    const panels = GEMV_PANELS[nameOf(R, W)];
    if (panels[panels.length - 1] !== 1) throw new Error(`gemm: ${nameOf(R, W)} expected single panels last.`);
    for (const [width, ...calls] of GEMV_REMAINDERS) {
      const areWhole = calls.slice(0, -1).every(([, T]) => T === 0);
      if (width === W && !(areWhole && panels.includes(calls[0][0]))) {
        throw new Error(
          `gemm: a remainder of panels of ${width} expected to begin with a number of panels of ${nameOf(R, W)}, ` +
            'and to have a narrower panel in its last call only.',
        );
      }
    }
  }
}

/** The functions, one string each. */
function functions() {
  const tails = Object.entries(TAIL_ROWS).map(([W, R]) => /** @type {const} */ ([R, Number(W)]));
  const shapes = distinct([...TILES, ...tails], ([R, W]) => nameOf(R, W));
  const gemvs = distinct(
    TILES.map(([R, W]) => /** @type {const} */ ([W, GEMV_PANELS[nameOf(R, W)]])),
    ([W, panels]) => gemvName(W, panels),
  );
  /** @type {(readonly [width: number, panels: number, last: number])[]} */
  const gemvTiles = [
    ...tails.map(([, W]) => /** @type {const} */ ([W, 1, 0])),
    ...gemvs.flatMap(([W, panels]) => panels.map((P) => /** @type {const} */ ([W, P, 0]))),
    ...GEMV_REMAINDERS.flatMap(([W, ...calls]) => calls.map(([P, T]) => /** @type {const} */ ([W, P, T]))),
  ];
  return [
    ...shapes
      .filter(([R, W]) => EDGE_ROWS[nameOf(R, W)] === undefined)
      .flatMap(([R, W]) => [gemmTile(R, W, UNPACKED), gemmPanel(R, W, UNPACKED)]),
    ...shapes.flatMap(([R, W]) => [gemmTNTile(R, W), gemmTNPanel(R, W)]),
    ...distinct(gemvTiles, ([W, P, T]) => gemvTileName(W, P, T)).map((shape) => gemvTile(...shape)),
    ...gemvs.map((shape) => gemv(...shape)),
    ...TILES.flatMap(([R, W]) => [gemmTile(R, W, PACKED), gemmPanel(R, W, PACKED)]),
    ...TILES.flatMap(([R, W]) => [gemmDriver(R, W), gemmTNDriver(R, W)]),
  ];
}

/** A template without the blank lines that empty parts leave. @param {string} text */
const withoutBlankLines = (text) => text.replace(/^[ ]*\n/gm, '');

/** Returns the AssemblyScript source of every tile, panel loop and driver, formatted by prettier. */
export async function gemmSource() {
  checkGemv();
  const filepath = 'assembly/gemm/tiles.generated.ts';
  const source = [HEAD, ...functions()].map(withoutBlankLines).join('\n\n');
  return format(source, { ...(await resolveConfig(filepath)), filepath });
}
