/** Kinds of files that are passed by mistake where a model's are expected, by their first bytes. */

/** Beginnings of files, and what these are. */
const BEGINNINGS: readonly (readonly [start: string, kind: string])[] = [
  ['PK\x03\x04', 'a zip archive, as .keras and PyTorch files are'],
  ['\x80\x02', 'a Python pickle, as old PyTorch files are'],
  ['\x80\x03', 'a Python pickle'],
  ['\x80\x04', 'a Python pickle'],
  ['\x80\x05', 'a Python pickle'],
  ['\x89HDF', 'an HDF5 file, as .h5 files of Keras are'],
  ['\x93NUMPY', 'a NumPy array'],
  ['\x1f\x8b', 'a gzip file'],
  ['version https://git-lfs', 'a pointer of Git LFS'],
];

/** Advice for files that have no weights, whatever was expected. */
export const OTHER_ADVICE: Readonly<Record<string, string>> = {
  'a gzip file': 'Unpack it first.',
  'a pointer of Git LFS': 'Fetch the file itself: git lfs pull.',
  'HTML or XML': 'Look at the address that it was fetched from, and at the status of the response.',
};

/** Returns what kind of file bytes are, or undefined if it is none of these. */
export function kindOfFile(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 32));
  // Text has no zeros where the header length of a safetensors file that is only damaged has them.
  const first = start.startsWith('\0\0\0\0', 4) ? undefined : /[^\s\xef\xbb\xbf]/.exec(start)?.[0];
  // JSON text is the most frequent mistake.
  if (first === '{' || first === '[') return 'JSON';
  if (first === '<') return 'HTML or XML';
  // ONNX: the version of the format, then the name of the producer.
  if (start.startsWith('\x08') && start[1] < '\x10' && start[2] === '\x12') return 'an ONNX file';
  return BEGINNINGS.find(([beginning]) => start.startsWith(beginning))?.[1];
}
