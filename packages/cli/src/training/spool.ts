/**
 * Rows of a table that does not fit into memory, as numbers in a temporary file. A table is parsed once; epochs then read
 * blocks of rows in a new order, which no CSV allows. Rows are shuffled within some blocks at a time, so that memory stays
 * bounded, and the order depends on the seed and the epoch alone.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTemporary, temporaryFolder } from '../files/temporary.js';
import { generator, shuffledOrder } from './random.js';

/** Bytes of a block: large enough that reading it costs what its bytes cost, and not the seek. */
const BLOCK_BYTES = 2 ** 20;
/** Blocks whose rows are shuffled together. */
const BLOCKS_TOGETHER = 16;

export class Spool {
  /** Rows so far. */
  rows = 0;
  private readonly pending: Float64Array;
  private pendingRows = 0;

  private constructor(
    /** Numbers of a row. */
    readonly width: number,
    private readonly rowsOfBlock: number,
    private readonly file: FileHandle,
    private readonly folder: string,
  ) {
    this.pending = new Float64Array(rowsOfBlock * width);
  }

  static async create(width: number, blockBytes = BLOCK_BYTES): Promise<Spool> {
    const folder = temporaryFolder();
    const file = await open(join(folder, 'rows'), 'w+');
    // On Unix a file that is open needs no name: so it goes with the process, even with one that is killed.
    if (process.platform !== 'win32') removeTemporary(folder);
    return new Spool(width, Math.max(1, Math.floor(blockBytes / (8 * width))), file, folder);
  }

  /** Appends rows, row-major. */
  async append(rows: Float64Array): Promise<void> {
    const { pending, width, rowsOfBlock } = this;
    let first = 0;
    while (first * width < rows.length) {
      const count = Math.min(rowsOfBlock - this.pendingRows, rows.length / width - first);
      pending.set(rows.subarray(first * width, (first + count) * width), this.pendingRows * width);
      this.pendingRows += count;
      first += count;
      if (this.pendingRows === rowsOfBlock) await this.flush();
    }
  }

  /** Writes what is pending. No rows are appended afterwards. */
  async flush(): Promise<void> {
    const bytes = 8 * this.pendingRows * this.width;
    await this.file.write(new Uint8Array(this.pending.buffer, 0, bytes), 0, bytes, 8 * this.rows * this.width);
    this.rows += this.pendingRows;
    this.pendingRows = 0;
  }

  /** Reads the rows in their order, in batches of at most `size`. */
  async *inOrder(size: number): AsyncGenerator<Float64Array> {
    for (let first = 0; first < this.rows; first += size) {
      const count = Math.min(size, this.rows - first);
      const batch = new Float64Array(count * this.width);
      await this.read(first, count, batch, 0);
      yield batch;
    }
  }

  /** Reads all rows in batches of `size`, the last one smaller, in an order of its own for each seed and epoch. */
  async *shuffled(size: number, seed: number, epoch: number): AsyncGenerator<Float64Array> {
    const { width, rowsOfBlock } = this;
    const random = generator(seed, epoch);
    const blocks = shuffledOrder(Math.ceil(this.rows / rowsOfBlock), random);
    const together = new Float64Array(BLOCKS_TOGETHER * rowsOfBlock * width);
    let batch = new Float64Array(size * width);
    let filled = 0;
    for (let at = 0; at < blocks.length; at += BLOCKS_TOGETHER) {
      let rows = 0;
      for (const block of blocks.subarray(at, at + BLOCKS_TOGETHER)) {
        const first = block * rowsOfBlock;
        const count = Math.min(rowsOfBlock, this.rows - first);
        await this.read(first, count, together, rows);
        rows += count;
      }
      for (const row of shuffledOrder(rows, random)) {
        batch.set(together.subarray(row * width, (row + 1) * width), filled * width);
        filled += 1;
        if (filled < size) continue;
        yield batch;
        batch = new Float64Array(size * width);
        filled = 0;
      }
    }
    if (filled > 0) yield batch.slice(0, filled * width);
  }

  /** Reads rows into `to`, from its row `at` on. */
  private async read(first: number, count: number, to: Float64Array, at: number): Promise<void> {
    const bytes = 8 * count * this.width;
    const target = new Uint8Array(to.buffer, to.byteOffset + 8 * at * this.width, bytes);
    let done = 0;
    while (done < bytes) {
      const { bytesRead } = await this.file.read(target, done, bytes - done, 8 * first * this.width + done);
      if (bytesRead === 0) throw new Error('Spool: the temporary file is shorter than what was written to it.');
      done += bytesRead;
    }
  }

  /** Removes the file. */
  async close(): Promise<void> {
    await this.file.close();
    removeTemporary(this.folder);
  }
}
