/**
 * Where text goes: results to standard output, all else to standard error, so that a pipe gets results alone. With
 * `--json` the result is one JSON value.
 */
import { widthOf, wrapped } from './layout.js';

export class Printer {
  constructor(
    private readonly output: NodeJS.WriteStream,
    private readonly messages: NodeJS.WriteStream,
    private readonly isQuiet: boolean,
    /** Whether the result is JSON, so that text for people goes to standard error. */
    readonly isJson: boolean,
  ) {}

  /** Columns that a text for people may have. */
  get width(): number {
    return widthOf(this.people);
  }

  /** The stream of texts for people. */
  get people(): NodeJS.WriteStream {
    return this.isJson ? this.messages : this.output;
  }

  /** Prints lines of a result for people. */
  line(text = ''): void {
    this.people.write(`${text}\n`);
  }

  /** Prints a part of a result that programs read, as it is. */
  raw(text: string): void {
    this.output.write(text);
  }

  /** Prints the result of a command as JSON. */
  result(value: unknown): void {
    this.output.write(`${JSON.stringify(value)}\n`);
  }

  /** Prints what somebody should know, whatever reads the output. */
  warn(text: string): void {
    this.messages.write(`${wrapped(`Note: ${text}`, widthOf(this.messages), '  ')}\n`);
  }

  /** Prints how the work goes on, unless `--quiet`. */
  progress(text: string): void {
    if (!this.isQuiet) this.messages.write(`${text}\n`);
  }

  /** The terminal to draw progress on, if there is one and it is wanted. */
  get terminal(): NodeJS.WriteStream | undefined {
    return this.messages.isTTY && !this.isQuiet ? this.messages : undefined;
  }
}
