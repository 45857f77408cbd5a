/** Metadata of a safetensors file, read and written around its tensors, which stay as they are. */

/** Returns the header of a file, and where its tensors begin; undefined for another file. */
function headerOf(bytes: Uint8Array): { readonly header: Record<string, unknown>; readonly end: number } | undefined {
  if (bytes.length < 8) return undefined;
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (size > bytes.length - 8) return undefined;
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
    return isRecord(header) ? { header, end: 8 + size } : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Returns a field of the metadata; undefined if there is none, or the file is another one. */
export function metadataField(bytes: Uint8Array, name: string): string | undefined {
  const metadata = headerOf(bytes)?.header.__metadata__;
  if (!isRecord(metadata) || !Object.hasOwn(metadata, name)) return undefined;
  const value = metadata[name];
  return typeof value === 'string' ? value : undefined;
}

/** Returns the file with one more field of metadata. */
export function withMetadataField(bytes: Uint8Array, name: string, value: string): Uint8Array {
  const { header, end } = headerOf(bytes)!;
  const { __metadata__: metadata, ...tensors } = header;
  const text = JSON.stringify({ __metadata__: { ...(metadata as object), [name]: value }, ...tensors });
  const encoded = new TextEncoder().encode(text);
  // Blanks behind the header, so that the tensors begin at a multiple of eight bytes.
  const size = Math.ceil(encoded.length / 8) * 8;
  const file = new Uint8Array(8 + size + bytes.length - end).fill(0x20, 8, 8 + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(size), true);
  file.set(encoded, 8);
  file.set(bytes.subarray(end), 8 + size);
  return file;
}
