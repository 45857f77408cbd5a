/** Sizes of the shipped files in bytes, plain and compressed. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** @param {readonly { name: string, path: string }[]} files */
export const sizesOf = (files) =>
  files.flatMap(({ name, path }) => {
    const bytes = readFileSync(path);
    return [
      { name: `size/${name}`, bytes: bytes.length },
      { name: `size/${name} gzip`, bytes: gzipSync(bytes, { level: 9 }).length },
    ];
  });
