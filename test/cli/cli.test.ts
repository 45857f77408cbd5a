/**
 * The command `wasm-mlp-mnist`: its options, its output file, the parsing of MNIST's files and its report, each by
 * itself, and then the built command as a process. The accuracy and the hashes of its trainings are tested in
 * mnist-accurate.test.ts and mnist-hash.test.ts.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { classify } from '../../src/cli/classification.js';
import { drawDigit, pictureWidth } from '../../src/cli/digits.js';
import { CliError } from '../../src/cli/errors.js';
import { weightsSha256 } from '../../src/cli/hash.js';
import { parseDigits } from '../../src/cli/mnist.js';
import { nearest } from '../../src/cli/nearest.js';
import { parseOptions } from '../../src/cli/options.js';
import { prepareOutput, writeOutput } from '../../src/cli/output.js';
import { confusionTable, mistakeGallery } from '../../src/cli/report.js';
import { loadModel } from '../../src/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Returns the error with which `action` is refused. */
function refusal(action: () => unknown): CliError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CliError);
    return error as CliError;
  }
  throw new Error('expected a refusal');
}

describe('options', () => {
  it('default to those of the main job', () => {
    expect(parseOptions([])).toEqual({
      layers: [128],
      epochs: 5,
      batchSize: 64,
      learningRate: 0.001,
      seed: 0,
      activation: 'relu',
      optimizer: 'adam',
      schedule: 'none',
      dropout: 0,
      inputDropout: 0,
      labelSmoothing: 0,
      output: 'models/mnist.safetensors',
      json: false,
    });
    expect(parseOptions(['--preset', 'fast'])).toEqual(parseOptions([]));
  });

  it("take a preset's values, except for options given before or after it", () => {
    const accurate = {
      layers: [512],
      epochs: 15,
      batchSize: 128,
      learningRate: 0.001,
      seed: 0,
      schedule: 'cosine',
      dropout: 0.3,
      inputDropout: 0.1,
      labelSmoothing: 0.1,
    };
    expect(parseOptions(['--preset', 'accurate'])).toMatchObject(accurate);
    // 64 is also the default without a preset; given explicitly, it must replace the preset's value.
    const given = ['--epochs', '3', '--preset', 'accurate', '--batch-size', '64', '--dropout', '0', '--seed', '4'];
    expect(parseOptions(given)).toMatchObject({ ...accurate, epochs: 3, batchSize: 64, dropout: 0, seed: 4 });
  });

  it('accept values after a space or an equals sign', () => {
    const args =
      '--layers 64,32 --epochs=2 --batch-size 16 --learning-rate=1e-2 --seed 7 --activation tanh --optimizer=sgd --schedule cosine --dropout .5 --input-dropout=0.25 --label-smoothing 0.2 --output a/b --json';
    expect(parseOptions(args.split(' '))).toEqual({
      layers: [64, 32],
      epochs: 2,
      batchSize: 16,
      learningRate: 0.01,
      seed: 7,
      activation: 'tanh',
      optimizer: 'sgd',
      schedule: 'cosine',
      dropout: 0.5,
      inputDropout: 0.25,
      labelSmoothing: 0.2,
      output: 'a/b',
      json: true,
    });
  });

  it.each(['none', ''])('take %j as no hidden layer', (text) => {
    expect(parseOptions(['--layers', text])?.layers).toEqual([]);
  });

  it("default the learning rate to the optimizer's own", () => {
    expect(parseOptions(['--optimizer', 'sgd'])?.learningRate).toBe(0.01);
  });

  it('print only the help where it is asked for', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(parseOptions(['--help'])).toBeUndefined();
    const help = write.mock.calls.join('');
    write.mockRestore();
    const names =
      'preset layers epochs batch-size learning-rate seed activation optimizer schedule dropout input-dropout label-smoothing output json help'.split(
        ' ',
      );
    for (const name of names) expect(help).toContain(`--${name}`);
  });

  it.each([
    [['--epohcs', '3'], "unknown option '--epohcs'. Did you mean '--epochs'?"],
    [['--epohcs=3'], "unknown option '--epohcs'. Did you mean '--epochs'?"],
    [['-epochs', '3'], "unknown option '-epochs'. Did you mean '--epochs'?"],
    [['--batchsize', '3'], "unknown option '--batchsize'. Did you mean '--batch-size'?"],
    [['--lr', '3'], "unknown option '--lr'. Did you mean '--learning-rate'?"],
    [['--optimiser', 'adam'], "unknown option '--optimiser'. Did you mean '--optimizer'?"],
    [['epochs', '3'], "unexpected argument 'epochs'. Did you mean '--epochs'?"],
    [['--activation', 'rleu'], "got 'rleu'. Did you mean 'relu'?"],
    [['--activation', 'ReLU'], "got 'ReLU'. Did you mean 'relu'?"],
    [['--activation', 'unit-step'], "got 'unit-step'. Did you mean 'unitStep'?"],
    [['--optimizer', 'adma'], "--optimizer: expected one of adam, sgd, got 'adma'. Did you mean 'adam'?"],
    [['--optimizer', 'adamw'], "Did you mean 'adam'?"],
    [['--epochs', '0'], "--epochs: expected a whole number from 1 to 1000000, got '0'. The nearest is 1."],
    [['--epochs', '2.6'], 'The nearest is 3.'],
    [['--epochs', 'many'], "--epochs: expected a whole number from 1 to 1000000, got 'many'."],
    [['--epochs', ''], "got ''."],
    [['--batch-size', '100000'], 'The nearest is 60000.'],
    [['--seed', '-1'], 'The nearest is 0.'],
    [['--learning-rate', '0'], "--learning-rate: expected a number above 0, got '0'."],
    [['--learning-rate', '-0.1'], "Did you mean '0.1'?"],
    [['--learning-rate', 'Infinity'], "got 'Infinity'."],
    [['--layers', '128x64'], "got '128x64'. Did you mean '128,64'?"],
    [['--layers', '128,'], "Did you mean '128'?"],
    [['--layers', '0,64'], "Did you mean '64'?"],
    [['--layers', 'non'], "Did you mean 'none'?"],
    [['--preset', 'acurate'], "--preset: expected one of fast, accurate, got 'acurate'. Did you mean 'accurate'?"],
    [['--schedule', 'cos'], "got 'cos'. Did you mean 'cosine'?"],
    [['--dropout', '1'], "--dropout: expected a number from 0 to below 1, got '1'."],
    [['--dropout', '30'], "Did you mean '0.3'?"],
    [['--input-dropout', '-0.1'], "--input-dropout: expected a number from 0 to below 1, got '-0.1'."],
    [['--label-smoothing', 'much'], "--label-smoothing: expected a number from 0 to below 1, got 'much'."],
    [['--output', ''], "--output: expected a file name, got ''."],
    [['--epochs'], "option '--epochs <n>' argument missing. See --help."],
  ])('refuse %j', (args, message) => {
    const error = refusal(() => parseOptions(args));
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('\n');
    expect(error.status).toBe(2);
  });

  it('list all options where no name is similar', () => {
    expect(refusal(() => parseOptions(['--zzzzzz'])).message).toContain('The options are --preset, --layers,');
    expect(nearest('zzzzzz', ['relu', 'tanh'])).toBeUndefined();
  });
});

describe('output file', () => {
  it('creates the folder, and replaces an earlier file as a whole', async () => {
    const file = join(folder, 'new', 'deep', 'model.safetensors');
    await prepareOutput(file);
    await writeOutput(file, Uint8Array.of(1, 2, 3));
    await writeOutput(file, Uint8Array.of(4));
    expect([...readFileSync(file)]).toEqual([4]);
    expect(readdirSync(join(folder, 'new', 'deep'))).toEqual(['model.safetensors']);
  });

  it('refuses a folder, and a path through a file', async () => {
    mkdirSync(join(folder, 'models'));
    const inside = join(folder, 'models', 'mnist.safetensors');
    await expect(prepareOutput(join(folder, 'models'))).rejects.toThrow(`Did you mean '${inside}'?`);
    await expect(prepareOutput(join(folder, 'absent/'))).rejects.toThrow('--output: expected a file');
    writeFileSync(join(folder, 'plain'), '');
    await expect(prepareOutput(join(folder, 'plain', 'model'))).rejects.toThrow('--output: cannot write');
  });

  it.runIf(existsSync('/proc'))('refuses a folder in which no file can be made', async () => {
    await expect(prepareOutput('/proc/absent/model')).rejects.toThrow('--output: cannot write');
  });
});

describe.skipIf(process.platform === 'win32')('output file on a POSIX system', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  /** Returns a path in a new folder. */
  const inNewFolder = (name: string): string => join(mkdtempSync(join(folder, 'output-')), name);

  it('keeps an earlier model where a training is interrupted', async () => {
    const file = inNewFolder('model');
    await prepareOutput(file);
    expect(await writeOutput(file, bytes)).toBe(file);
    expect(await writeOutput(file, Uint8Array.of(9), false)).toBe(`${file}.partial`);
    expect([...readFileSync(file)]).toEqual([1, 2, 3]);
    expect([...readFileSync(`${file}.partial`)]).toEqual([9]);
  });

  it('follows a symbolic link, even one whose target does not exist yet', async () => {
    const target = inNewFolder('target');
    const link = inNewFolder('link');
    symlinkSync(target, link);
    for (const value of [1, 2]) {
      await prepareOutput(link);
      await writeOutput(link, Uint8Array.of(value));
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect([...readFileSync(target)]).toEqual([value]);
    }
  });

  it('refuses links that form a circle', async () => {
    const link = inNewFolder('link');
    symlinkSync(link, link);
    await expect(prepareOutput(link)).rejects.toThrow('too many symbolic links');
  });

  it("leaves files alone to which a temporary file's name is linked", async () => {
    const file = inNewFolder('model');
    const victim = inNewFolder('victim');
    writeFileSync(victim, 'precious');
    // The name that temporary files once had, which could be guessed.
    symlinkSync(victim, `${file}.${process.pid}.tmp`);
    await prepareOutput(file);
    await writeOutput(file, bytes);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect([...readFileSync(file)]).toEqual([1, 2, 3]);
  });

  it.each([0o600, 0o640, 0o444])('keeps the permissions of the file it replaces', async (mode) => {
    const file = inNewFolder('model');
    writeFileSync(file, 'before');
    chmodSync(file, mode);
    await writeOutput(file, bytes);
    expect(statSync(file).mode & 0o7777).toBe(mode);
  });

  it('writes to a FIFO and to a device instead of replacing them', async () => {
    const fifo = inNewFolder('fifo');
    execFileSync('mkfifo', [fifo]);
    const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
    const received: Buffer[] = [];
    reader.stdout.on('data', (chunk: Buffer) => received.push(chunk));
    const closed = new Promise((resolve) => reader.on('close', resolve));
    await prepareOutput(fifo);
    await writeOutput(fifo, bytes);
    await closed;
    expect([...Buffer.concat(received)]).toEqual([1, 2, 3]);
    expect(lstatSync(fifo).isFIFO()).toBe(true);

    await prepareOutput('/dev/null');
    await writeOutput('/dev/null', bytes);
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
    expect(existsSync('/dev/null.partial')).toBe(false);
  });

  it('refuses a name that is too long before the training', async () => {
    // File systems accept at most 255 bytes, and an interrupted model adds ".partial".
    await prepareOutput(inNewFolder('m'.repeat(247)));
    await expect(prepareOutput(inNewFolder('m'.repeat(248)))).rejects.toMatchObject({ status: 2 });
  });

  it('leaves no temporary file, and removes those of killed processes', async () => {
    const file = inNewFolder('model');
    await prepareOutput(file);
    const parent = join(file, '..');
    expect(readdirSync(parent)).toEqual([]);
    const ended = spawnSync(process.execPath, ['-e', '']).pid;
    const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
    const of = (where: string, pid: number): string => `.wasm-mlp-${where}-${pid}-0123456789abcdef.tmp`;
    const kept = [of(host, process.pid), of('00000000', ended), '.other.tmp'];
    for (const name of [of(host, ended), ...kept]) writeFileSync(join(parent, name), '');
    await prepareOutput(file);
    await writeOutput(file, bytes);
    expect(readdirSync(parent).sort()).toEqual([...kept, 'model'].sort());
  });

  it('saves a model to a temporary folder where its own folder was deleted during the training', async () => {
    const file = join(inNewFolder('gone'), 'model');
    await prepareOutput(file);
    rmSync(join(file, '..'), { recursive: true });
    const error: unknown = await writeOutput(file, bytes).catch((reason: unknown) => reason);
    const [, path] = /saved to '(.*)' instead/.exec((error as Error).message)!;
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    rmSync(join(path, '..'), { recursive: true });
  });
});

/** Makes an IDX file of unsigned bytes; `magic` and `sizes` may be wrong. */
function idxFile(sizes: number[], elements: number[], magic = 0x800 + sizes.length): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * sizes.length + elements.length);
  const view = new DataView(bytes.buffer);
  [magic, ...sizes].forEach((value, i) => view.setUint32(4 * i, value));
  bytes.set(elements, 4 + 4 * sizes.length);
  return bytes;
}

describe('IDX files', () => {
  const pixels = Array.from({ length: 2 * 784 }, (_, i) => i % 256);
  const images = idxFile([2, 28, 28], pixels);
  const labels = idxFile([2], [3, 9]);

  it('become rows of grey values from 0 to 1, and labels', () => {
    // At an odd offset, as a file read into a shared buffer may be.
    const shifted = new Uint8Array(images.length + 1);
    shifted.set(images, 1);
    const digits = parseDigits(shifted.subarray(1), labels, 'test');
    expect(digits.images).toEqual(Float32Array.from(pixels, (grey) => grey / 255));
    expect(digits.labels).toEqual(Uint8Array.of(3, 9));
  });

  const changed = (file: Uint8Array, at: number, value: number): Uint8Array => {
    const copy = file.slice();
    copy[at] = value;
    return copy;
  };

  it.each<[string, Uint8Array, Uint8Array, string]>([
    [
      'images with a wrong magic number',
      changed(images, 3, 1),
      labels,
      'images: expected the magic number 0x00000803 at byte 0, got 0x00000801.',
    ],
    [
      'images instead of labels',
      images,
      images,
      'labels: expected the magic number 0x00000801 at byte 0, got 0x00000803.',
    ],
    [
      'truncated images',
      images.subarray(0, -1),
      labels,
      'images: expected 1584 bytes for 2 × 28 × 28 elements, got 1583. The file is truncated.',
    ],
    ['a cut header', images.subarray(0, 7), labels, 'images: expected an IDX header of 16 bytes, got a file of 7.'],
    ['an empty file', images, new Uint8Array(), 'labels: expected an IDX header of 8 bytes, got a file of 0.'],
    ['trailing bytes', images, idxFile([2], [3, 9, 1]), 'labels: expected 10 bytes for 2 elements, got 11.'],
    ['a count beyond the file', changed(images, 4, 0xff), labels, 'The file is truncated.'],
    [
      'images of the wrong size',
      idxFile([1, 4, 4], new Array(16).fill(0)),
      labels,
      'expected 28 × 28 pixels at byte 8, got 4 × 4.',
    ],
    ['fewer labels than images', images, idxFile([1], [3]), 'labels: expected 2 labels, one per image, got 1.'],
    ['a label out of range', images, idxFile([2], [3, 10]), 'labels: expected digits from 0 to 9, got 10 at byte 9.'],
  ])('are refused: %s', (_, imageFile, labelFile, message) => {
    const error = refusal(() => parseDigits(imageFile, labelFile, 'forged'));
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^forged (images|labels): /);
  });
});

/** A blank image with ink at some pixels. */
function ink(...places: [row: number, column: number][]): Float32Array {
  const image = new Float32Array(784);
  for (const [row, column] of places) image[row * 28 + column] = 1;
  return image;
}

describe('report', () => {
  it('draws two pixels to a character, cropped to the ink and centred', () => {
    const lines = drawDigit(ink([4, 10], [5, 11], [6, 10], [6, 11], [7, 11]));
    const margin = ' '.repeat((pictureWidth - 2) / 2);
    expect(lines).toEqual([`${margin}▀▄${margin}`, `${margin}▀█${margin}`]);
  });

  it('draws ink in the corners, and nothing for a blank image', () => {
    const [first] = drawDigit(ink([0, 0], [0, 15], [27, 0]));
    expect(first.trim()).toBe(`▀${' '.repeat(14)}▀`);
    expect(drawDigit(ink())).toEqual([]);
  });

  it('counts confusions, and lists the most certain mistake first', () => {
    const row = (...shares: [digit: number, share: number][]): number[] => {
      const values = new Array<number>(10).fill(0);
      for (const [digit, share] of shares) values[digit] = share;
      return values;
    };
    const probabilities = Float32Array.from(
      [row([3, 1]), row([4, 0.5], [9, 0.25]), row([7, 0.75], [1, 0.25]), new Array<number>(10).fill(NaN)].flat(),
    );
    const { confusion, mistakes } = classify(probabilities, Uint8Array.of(3, 9, 1, 0));
    expect(confusion[3][3]).toBe(1);
    expect(confusion[9][4]).toBe(1);
    expect(confusion[1][7]).toBe(1);
    expect(confusion[0][0]).toBe(1);
    expect(mistakes).toEqual([
      { index: 2, seen: 7, right: 1, certainty: 0.75 },
      { index: 1, seen: 4, right: 9, certainty: 0.5 },
    ]);
  });

  it('prints the confusion matrix in columns', () => {
    const table = confusionTable([
      [97, 3],
      [0, 0],
    ]);
    expect(table.split('\n')).toEqual([
      'right \\ seen   0   1',
      '           0  97   3   97.00%',
      '           1   ·   ·',
    ]);
  });

  it('prints mistakes side by side, above the answer and the right digit', () => {
    const images = Float32Array.from([...ink([4, 10]), ...ink([4, 10], [6, 10])]);
    const mistakes = [
      { index: 0, seen: 4, right: 9, certainty: 0.5 },
      { index: 1, seen: 7, right: 1, certainty: 0.75 },
    ];
    expect(mistakeGallery(mistakes, images).split('\n')).toEqual([
      `${' '.repeat(34)}▀`,
      `${' '.repeat(9)}▀${' '.repeat(24)}▀`,
      `seen 4 (50.00%)${' '.repeat(10)}seen 7 (75.00%)`,
      `right 9${' '.repeat(18)}right 1`,
    ]);
    expect(mistakeGallery(mistakes, images, 30).split('\n\n')).toHaveLength(2);
  });

  it('hashes the bytes of the weights in order', () => {
    const all = Float32Array.of(1, 2, 3);
    const expected = createHash('sha256').update(new Uint8Array(all.buffer)).digest('hex');
    expect(weightsSha256([{ data: all.subarray(0, 1) }, { data: all.subarray(1) }])).toBe(expected);
  });
});

interface Run {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs the built command in the temporary folder. `onOutput` receives all of standard output so far, whenever it grows.
 */
function runCommand(args: string[], onOutput?: (stdout: string, interrupt: () => void) => void): Promise<Run> {
  const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const run: Run = { status: null, signal: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      run.stdout += text;
      onOutput?.(run.stdout, () => child.kill('SIGINT'));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (run.stderr += text));
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ ...run, status, signal }));
  });
}

describe('the built command', () => {
  it('refuses a wrong option on standard error before it does anything else', async () => {
    const run = await runCommand(['--epohcs', '3', '--output', 'refused/model']);
    expect(run).toMatchObject({
      status: 2,
      stdout: '',
      stderr: "unknown option '--epohcs'. Did you mean '--epochs'?\n",
    });
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  it('prints its results as one JSON object, and saves the model that it hashed', async () => {
    const options = { layers: [16], epochs: 1, batchSize: 256, learningRate: 0.005, seed: 3, output: 'json/model' };
    const args = '--layers 16 --epochs 1 --batch-size 256 --learning-rate 0.005 --seed 3 --output json/model --json';
    const { status, stdout, stderr } = await runCommand(args.split(' '));
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/^epoch 1\/1 {2}loss /m) });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      runtime: { name: 'node', version: process.versions.node },
      engine: { numerics: 'strict' },
      options: { ...options, activation: 'relu', optimizer: 'adam' },
      weightsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      output: 'json/model',
      aborted: false,
    });
    expect(result.history).toEqual({ loss: [expect.any(Number)], accuracy: [expect.any(Number)] });
    expect(result.test.loss).toBeLessThan(0.5);
    expect(result.test.accuracy).toBeGreaterThan(0.88);
    expect(result.samplesPerSecond * result.seconds).toBeCloseTo(60_000, 3);
    const confusion: number[][] = result.confusion;
    expect(confusion.flat().reduce((sum, count) => sum + count)).toBe(10_000);
    expect(confusion.reduce((sum, row, digit) => sum + row[digit], 0) / 10_000).toBeCloseTo(result.test.accuracy, 6);

    const model = await loadModel(readFileSync(join(folder, 'json/model')));
    expect(weightsSha256(model.getWeights())).toBe(result.weightsSha256);
    model.dispose();
  });

  it('trains with dropout, label smoothing and a schedule, and reports them', async () => {
    const layers = '--layers 32 --dropout 0.1 --input-dropout 0.05 --label-smoothing 0.1 --schedule cosine';
    const { status, stdout } = await runCommand(`${layers} --epochs 1 --batch-size 256 --output with/model`.split(' '));
    expect(status).toBe(0);
    expect(stdout).toContain(
      '\nwith    dropout 0.1, dropout of the inputs 0.05, label smoothing 0.1, cosine schedule\n',
    );
    const [, accuracy] = /^test accuracy (\d\d\.\d\d)%/m.exec(stdout)!;
    expect(Number(accuracy)).toBeGreaterThan(85);
    const model = await loadModel(readFileSync(join(folder, 'with/model')));
    expect(model.toJSON().layers.map(({ kind }) => kind)).toEqual(['dropout', 'dense', 'dropout', 'dense']);
    // The cosine schedule has reached 0.
    expect(model.stepCount).toBe(Math.ceil(60_000 / 256));
    expect(model.learningRate).toBe(0);
    model.dispose();
  });

  it('prints plain lines where there is no terminal', async () => {
    const { status, stdout, stderr } = await runCommand(['--layers', 'none', '--epochs', '1', '--batch-size', '512']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^epoch 1\/1 {2}loss \d\.\d{4} {2}accuracy \d\d\.\d\d% {2}[\d,]+ samples\/s$/m);
    expect(stdout).toMatch(/^test accuracy \d\d\.\d\d% \(\d,\d{3} of 10,000\), loss /m);
    expect(stdout).toContain('right \\ seen');
    expect(stdout).toMatch(/^seen \d \(\d\d\.\d\d%\)/m);
    expect(stdout).toMatch(/^right \d /m);
    expect(stdout).toMatch(/^weights SHA-256 [0-9a-f]{64}$/m);
    expect(stdout).toContain('model saved to models/mnist.safetensors');
    expect(stdout).not.toContain('\u001b');
    expect(existsSync(join(folder, 'models/mnist.safetensors'))).toBe(true);
  });

  it.skipIf(process.platform === 'win32')(
    'stops at Ctrl-C, saves the weights so far next to an earlier model, and reports it',
    async () => {
      let interrupted = false;
      mkdirSync(join(folder, 'interrupted'));
      writeFileSync(join(folder, 'interrupted/model'), 'an earlier model');
      const args = ['--layers', '8', '--epochs', '1000', '--batch-size', '512', '--output', 'interrupted/model'];
      const { status, stdout } = await runCommand(args, (output, interrupt) => {
        if (interrupted || !output.includes('epoch 1/1000')) return;
        interrupted = true;
        interrupt();
      });
      expect(status).toBe(130);
      expect(stdout).toMatch(/^stopped after step [\d,]+, with \d+ of 1000 epochs finished$/m);
      expect(stdout).toContain('unfinished model saved to interrupted/model.partial');
      expect(readFileSync(join(folder, 'interrupted/model'), 'utf8')).toBe('an earlier model');
      const model = await loadModel(readFileSync(join(folder, 'interrupted/model.partial')));
      expect(stdout).toContain(weightsSha256(model.getWeights()));
      model.dispose();
    },
  );
});
