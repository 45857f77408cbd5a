/** A small table to search in: sixty flowers of three kinds, drawn the same everywhere. */
import { writeFileSync } from 'node:fs';

export function writeFlowers(path: string): void {
  const rows = Array.from({ length: 60 }, (_, row) => {
    const kind = row % 3;
    const [length, width] = [1 + kind + ((row * 7) % 10) / 10, 2 + ((row * 3 + kind) % 8) / 4];
    return [
      length.toFixed(1),
      width.toFixed(2),
      ['white', 'red'][(row * 5) % 2],
      ['iris', 'lily', 'rose'][kind],
    ].join();
  });
  writeFileSync(path, `length,width,colour,kind\n${rows.join('\n')}\n`);
}
