/** What a command is: its words for `--help`, and what it does. `main.ts` lists them. */
import type { Printer } from '../terminal/printer.js';

export type Options = Readonly<Record<string, unknown>>;

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly (readonly [flags: string, text: string])[];
  /** As commander reads them; with a function that checks and converts the value. */
  readonly options: readonly (readonly [
    flags: string,
    text: string,
    parse?: (value: string, before: never) => unknown,
  ])[];
  readonly examples: readonly (readonly [line: string, text: string])[];
  readonly notes?: readonly string[];
  /** Commands below this one, which are named behind it. */
  readonly commands?: readonly CommandSpec[];
  run(args: readonly string[], options: Options, print: Printer): Promise<void>;
}
