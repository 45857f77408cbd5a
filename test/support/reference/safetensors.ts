/** A reader of safetensors files written from the format's description alone, to check what `save` writes. */

export interface Tensor {
  name: string;
  shape: number[];
  data: Float32Array;
}

/**
 * https://github.com/huggingface/safetensors: 8 bytes of header length, a JSON header, then the tensors without gaps.
 */
export function readSafetensors(file: Uint8Array): { metadata: Record<string, string>; tensors: Tensor[] } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const text = new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, 8 + length));
  if (!text.startsWith('{')) throw new Error('the header must begin with {');
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(text);
  for (const value of Object.values(metadata)) if (typeof value !== 'string') throw new Error('metadata must be text');

  let end = 0;
  const tensors = Object.entries<{ dtype: string; shape: number[]; data_offsets: [number, number] }>(entries)
    .sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1])
    .map(([name, { dtype, shape, data_offsets: offsets }]) => {
      if (dtype !== 'F32') throw new Error(`${name} is ${dtype}`);
      if (offsets[0] !== end) throw new Error(`${name} begins at ${offsets[0]}, not at ${end}`);
      end = offsets[1];
      const bytes = file.slice(8 + length + offsets[0], 8 + length + end);
      if (bytes.length !== 4 * shape.reduce((a, b) => a * b, 1)) throw new Error(`${name} has ${bytes.length} bytes`);
      return { name, shape, data: new Float32Array(bytes.buffer) };
    });
  if (8 + length + end !== file.length) throw new Error('bytes after the last tensor');
  return { metadata, tensors };
}

/** The bytes of a tensor in a file, and the name of its type. */
export function inFile(file: Uint8Array, name: string): { dtype: string; bytes: Uint8Array } {
  const header = headerOf(file) as unknown as Record<
    string,
    { dtype: string; data_offsets: [number, number] } | undefined
  >;
  const { dtype, data_offsets: offsets } = header[name]!;
  const start = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return { dtype, bytes: file.subarray(start + offsets[0], start + offsets[1]) };
}

/** The header of a file, to be changed and written by `withHeader`. */
export function headerOf(file: Uint8Array): { __metadata__: Record<string, string> } {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as { __metadata__: Record<string, string> };
}

/** The file with another header and the same tensors. */
export function withHeader(file: Uint8Array, header: object): Uint8Array {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const text = new TextEncoder().encode(JSON.stringify(header));
  const changed = new Uint8Array(file.length - length + text.length);
  new DataView(changed.buffer).setBigUint64(0, BigInt(text.length), true);
  changed.set(text, 8);
  changed.set(file.subarray(8 + length), 8 + text.length);
  return changed;
}
