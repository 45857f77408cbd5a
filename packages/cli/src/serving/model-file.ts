/** Which files are served under which names, and newer versions of them, which are taken as they appear. */
import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { usageFailure } from '../failure.js';
import { openServable } from './servables/open.js';
import type { ServedModels } from './served-models.js';

export interface NamedFile {
  readonly name: string;
  readonly path: string;
}

/**
 * Reads arguments: `iris=models/a.safetensors`, or a file, whose name without its end is that of the model.
 * @throws Failure for two models of one name.
 */
export function namedFiles(args: readonly string[]): NamedFile[] {
  const files = args.map((arg): NamedFile => {
    const [, name, path] = /^([\w.-]+)=(.+)$/.exec(arg) ?? [];
    return name === undefined ? { name: basename(arg, extname(arg)), path: arg } : { name, path };
  });
  files.forEach(({ name, path }, index) => {
    const first = files.findIndex((file) => file.name === name);
    if (first === index) return;
    throw usageFailure(
      `Two models have the name ${name}: ${files[first].path} and ${path}. Give one another: other=${path}.`,
    );
  });
  return files;
}

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What tells a file from the one before it. */
const fingerprint = async (path: string): Promise<string> => {
  const { mtimeMs, ctimeMs, size, ino } = await stat(path);
  return `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
};

/** The file of a model that is served. */
export class ModelFileWatch {
  /** The file that was read last, whether it could be or not. */
  private read = '';
  /** The file as it was when it was last looked at: one that still changes is being written. */
  private seen = '';
  private checking: Promise<void> | undefined;

  constructor(
    private readonly file: NamedFile,
    private readonly models: ServedModels,
    private readonly log: Log,
  ) {}

  /**
   * Reads the file and serves it.
   * @throws Failure if it cannot be read.
   */
  async load(): Promise<void> {
    const { name, path } = this.file;
    // The file may be replaced while it is read: then it is read again.
    this.read = this.seen = await fingerprint(path).catch(() => '');
    const servable = await openServable(path);
    const { version } = await this.models.set(name, servable);
    const { platform, hash } = servable;
    this.log.info({ model: name, version, file: path, platform, hash }, 'model loaded');
  }

  /** Loads the file if it has changed and was left alone since the last look. A file that is no model is logged. */
  check(): Promise<void> {
    return (this.checking ??= this.look().finally(() => (this.checking = undefined)));
  }

  private async look(): Promise<void> {
    const { name, path } = this.file;
    let now;
    try {
      now = await fingerprint(path);
    } catch {
      // It is gone, or about to be replaced. What was loaded is served on.
      return;
    }
    const isWhole = now === this.seen;
    this.seen = now;
    if (now === this.read || !isWhole) return;
    try {
      await this.load();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.log.warn({ model: name, file: path, error: message }, 'the new file is not served, the old model stays');
    }
  }
}

/** Looks at files again and again. Returns a function that ends it. */
export function watchFiles(watches: readonly ModelFileWatch[], seconds: number): () => void {
  const timer = setInterval(() => {
    for (const watch of watches) void watch.check();
  }, 1000 * seconds);
  return () => clearInterval(timer);
}
