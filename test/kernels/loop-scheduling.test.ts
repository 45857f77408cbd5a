/**
 * The build step that schedules the loops of the kernels (scripts/kernels/schedule-loops.mjs): it interleaves
 * independent chains of instructions and moves constants out of loops. Tested on one small module, then on the kernels
 * as they are built.
 */
import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { describe, expect, test } from 'vitest';
import { scheduleKernels } from '../../scripts/kernels/schedule-loops.mjs';

/**
 * A loop of two vectors per iteration, as in simd/map.ts: y = f(x) · a with f(x) = 3x² + (x + 2)·7 + 4x, written
 * differently in the two chains; a and b are swapped after each iteration. After the loop two vectors are stored that
 * the loop left: one computed, one as it was loaded.
 */
const MODULE = `(module
 (import "env" "memory" (memory 1))
 (func $f (param $x i32) (param $y i32) (param $end i32)
  (local $a v128)
  (local $b v128)
  (local $p v128)
  (local $q v128)
  (local $last v128)
  (local $loaded v128)
  v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
  local.set $a
  v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000
  local.set $b
  loop $turn
   local.get $x
   v128.load
   local.tee $p
   local.get $p
   f32x4.mul
   v128.const i32x4 0x40400000 0x40400000 0x40400000 0x40400000
   f32x4.mul
   local.get $p
   v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000
   f32x4.add
   v128.const i32x4 0x40e00000 0x40e00000 0x40e00000 0x40e00000
   f32x4.mul
   f32x4.add
   local.get $p
   f32x4.add
   local.get $p
   f32x4.add
   local.get $p
   f32x4.add
   local.get $p
   f32x4.add
   local.get $a
   f32x4.mul
   local.set $p
   local.get $x
   v128.load
   local.set $loaded
   local.get $x
   v128.load offset=16
   local.set $q
   v128.const i32x4 0x40400000 0x40400000 0x40400000 0x40400000
   local.get $q
   local.get $q
   f32x4.mul
   f32x4.mul
   v128.const i32x4 0x40e00000 0x40e00000 0x40e00000 0x40e00000
   v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000
   local.get $q
   f32x4.add
   f32x4.mul
   f32x4.add
   local.get $q
   f32x4.add
   local.get $q
   f32x4.add
   local.get $q
   f32x4.add
   local.get $q
   f32x4.add
   local.get $a
   f32x4.mul
   local.set $last
   local.get $y
   local.get $p
   v128.store
   local.get $y
   local.get $last
   v128.store offset=16
   local.get $a
   local.get $b
   local.set $a
   local.set $b
   local.get $y
   i32.const 32
   i32.add
   local.set $y
   local.get $x
   i32.const 32
   i32.add
   local.tee $x
   local.get $end
   i32.lt_u
   br_if $turn
  end
  local.get $y
  local.get $last
  local.get $b
  f32x4.sub
  v128.store
  local.get $y
  local.get $loaded
  v128.store offset=16
 )
 (export "f" (func $f))
)
`;

const FLOATS = 32;

/** Address of y where it is separate from x. */
const SEPARATE = 1024;

/** Runs the function and returns the contents of y. */
function run(text: string, y: number): Float32Array {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(module.emitBinary())), {
    env: { memory },
  });
  module.dispose();
  const f32 = new Float32Array(memory.buffer);
  for (let i = 0; i < FLOATS; i++) f32[i] = (i - 11) / 8;
  (exports.f as (x: number, y: number, end: number) => void)(0, y, 4 * FLOATS);
  return f32.slice(y / 4, y / 4 + FLOATS + 8);
}

const loop = (text: string): string[] => text.slice(text.indexOf('loop'), text.indexOf('br_if')).split('\n');
const productsBeforeLastLoad = (text: string): number => {
  const lines = loop(text);
  const load = lines.findIndex((line) => line.includes('v128.load offset=16'));
  return lines.slice(0, load).filter((line) => line.includes('mul')).length;
};

describe('scheduling of loops', () => {
  const { text: scheduled } = scheduleKernels(MODULE);

  test('keeps the results of the loops, in place too', () => {
    const x = (i: number): number => (i - 11) / 8;
    const f = (v: number): number => 3 * v * v + (v + 2) * 7 + 4 * v;
    const a = (turn: number): number => (turn % 2 === 0 ? 1 : 2);
    const turns = FLOATS / 8;
    const expected = Float32Array.from({ length: FLOATS + 8 }, (_, i) => {
      if (i < FLOATS) return f(x(i)) * a(Math.floor(i / 8));
      return i < FLOATS + 4 ? f(x(i - 4)) * a(turns - 1) - a(turns + 1) : x(i - 12);
    });
    for (const y of [SEPARATE, 0]) {
      expect(run(MODULE, y)).toEqual(expected);
      expect(run(scheduled, y)).toEqual(expected);
    }
  });

  test('leaves loops alone that load what they may have stored', () => {
    const behind = MODULE.replace(
      'v128.store offset=16\n',
      'v128.store offset=16\n   local.get $x\n   v128.load\n   local.set $loaded\n',
    );
    const { text: left } = scheduleKernels(behind);
    expect(run(left, 0)).toEqual(run(behind, 0));
    expect(run(left, 0)).not.toEqual(run(MODULE, 0));
    expect(productsBeforeLastLoad(left)).toBe(productsBeforeLastLoad(behind));
  });

  test('leaves short loops alone, which a processor overlaps by itself', () => {
    const short = MODULE.replaceAll(/ {3}local.get \$[pq]\n {3}f32x4.add\n/g, '');
    const { text: left } = scheduleKernels(short);
    expect(run(left, SEPARATE)).toEqual(run(short, SEPARATE));
    expect(productsBeforeLastLoad(left)).toBe(productsBeforeLastLoad(short));
  });

  test('moves all constants out of the loop', () => {
    expect(loop(MODULE).filter((line) => line.includes('v128.const'))).toHaveLength(6);
    expect(loop(scheduled).filter((line) => line.includes('v128.const'))).toEqual([]);
  });

  test('begins both chains before one ends', () => {
    expect(productsBeforeLastLoad(MODULE)).toBe(4);
    expect(productsBeforeLastLoad(scheduled)).toBeLessThan(4);
  });

  test('covers all kernels of four vectors per iteration', () => {
    for (const name of ['kernels', 'kernels-fused']) {
      const { alternating } = scheduleKernels(
        readFileSync(new URL(`../../build/${name}.wat`, import.meta.url), 'utf8'),
      );
      const kernels = alternating.map((one) => one.slice(one.lastIndexOf('/') + 1));
      for (const kernel of ['exp', 'log', 'sigmoid', 'tanh', 'gelu', 'swish', 'mish', 'softplus', 'elu']) {
        expect(kernels).toContain(`f32_${kernel}`);
      }
    }
  });

  test('leaves no constant but zero in a loop of any built binary', () => {
    for (const name of ['kernels', 'kernels-fused', 'kernels-predict']) {
      const module = binaryen.readBinary(readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url)));
      const lines = module.emitText().split('\n');
      module.dispose();
      const open: string[] = [];
      const constants = lines.filter((line) => {
        const [, indentation = '', what = ''] = /^( *)\((\S+)/.exec(line) ?? [];
        if (what === '') return false;
        open.length = indentation.length;
        open[indentation.length] = what;
        return what === 'v128.const' && open.includes('loop') && !/i32x4( 0x0{8}){4}/.test(line);
      });
      expect(lines.length).toBeGreaterThan(1000);
      expect(constants).toEqual([]);
    }
  });
});
