/**
 * Where text goes: results to standard output, all else to standard error, so that a pipe gets results alone. With
 * `--json` the result is JSON, and each line of standard error is an object: a note, progress or an error.
 */
import { widthOf, wrapped } from './layout.js';

/** What standard error has beside the drawing of progress. */
type Message = 'note' | 'progress' | 'error';

interface MessageOptions {
  readonly stream: NodeJS.WriteStream;
  readonly isJson: boolean;
  /** Exit status, of an error. */
  readonly status?: number;
}

/** A message as text for people, or as a line of JSON. */
export function messageText(kind: Message, text: string, { stream, isJson, status }: MessageOptions): string {
  if (isJson) return `${JSON.stringify({ [kind]: text, ...(status !== undefined && { status }) })}\n`;
  const width = widthOf(stream);
  if (kind === 'note') return `${wrapped(`Note: ${text}`, width, '  ')}\n`;
  const lines = text.split('\n').map((line) => wrapped(line, width));
  return `${lines.join('\n')}\n`;
}

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

  /** Prints a sentence for people, in as many lines as it needs. */
  paragraph(text: string): void {
    this.line(wrapped(text, this.width));
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
    this.message('note', text);
  }

  /** Prints how the work goes on, unless `--quiet`. */
  progress(text: string): void {
    if (!this.isQuiet) this.message('progress', text);
  }

  /** The terminal to draw progress on, if there is one and it is wanted. */
  get terminal(): NodeJS.WriteStream | undefined {
    return this.messages.isTTY && !this.isQuiet ? this.messages : undefined;
  }

  private message(kind: Message, text: string): void {
    this.messages.write(messageText(kind, text, { stream: this.messages, isJson: this.isJson }));
  }
}
