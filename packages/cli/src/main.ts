/** The command `wasm-mlp`: names its commands, prints their help and their errors, and sets the exit status. */
import { constants } from 'node:os';
import { Command } from 'commander';
import { WasmMlpError } from 'wasm-mlp';
import { convert } from './commands/convert.js';
import { evaluate } from './commands/evaluate.js';
import { inspect } from './commands/inspect.js';
import { predict } from './commands/predict.js';
import { serve } from './commands/serve.js';
import { sweep } from './commands/sweep.js';
import { train } from './commands/train.js';
import { tune } from './commands/tune.js';
import { verify } from './commands/verify.js';
import type { CommandSpec, Options } from './commands/command.js';
import { exitStatus, Failure, signalStatus } from './failure.js';
import { stateOfOutputs, writesAreDone } from './files/outputs.js';
import { endAtSignals } from './interrupt.js';
import { widthOf, wrapped } from './terminal/layout.js';
import { messageText, Printer } from './terminal/printer.js';
import { VERSION } from './version.js';
import { inWordsOfCommand } from './words.js';

const COMMANDS: readonly CommandSpec[] = [train, tune, sweep, predict, evaluate, inspect, convert, serve, verify];

/** Examples and notes below the options of a command. */
function furtherHelp({ examples, notes = [] }: CommandSpec): string {
  const width = widthOf(process.stdout);
  const lines = examples.map(([line, text]) => `  ${line}${text === '' ? '' : `\n      ${text}`}`);
  return ['', 'Examples:', ...lines, ...notes.map((note) => `\n${wrapped(note, width)}`)].join('\n');
}

/** Whether the command prints its result as JSON: known before its options are read, for errors in them. */
const wantsJson = process.argv.includes('--json');

/** Writes the error that ends the command. */
function writeError(message: string, status: number): void {
  process.stderr.write(messageText('error', message, { stream: process.stderr, isJson: wantsJson, status }));
}

function program(): Command {
  const main = new Command('wasm-mlp')
    .description(
      'From a table to a model one can keep: trains, predicts, evaluates and converts multilayer perceptrons.',
    )
    .version(VERSION, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    // Options behind the name of a command are that command's, also if the one above has them.
    .enablePositionalOptions()
    .configureHelp({ helpWidth: widthOf(process.stdout) })
    .configureOutput({ outputError: (text) => writeError(text.trim(), exitStatus.usage) })
    .exitOverride();
  for (const spec of COMMANDS) addCommand(main, spec);
  return main;
}

function addCommand(parent: Command, spec: CommandSpec): void {
  const command = parent
    .command(spec.name)
    .summary(spec.summary)
    .description(`${spec.summary.charAt(0).toUpperCase()}${spec.summary.slice(1)}.`)
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', furtherHelp(spec));
  for (const [flags, text] of spec.arguments) command.argument(flags, text);
  for (const [flags, text, parse] of spec.options) {
    if (parse === undefined) command.option(flags, text);
    else command.option(flags, text, parse as (value: string, before: unknown) => unknown);
  }
  command.option('-q, --quiet', 'print no progress');
  command.action(async (...given: unknown[]) => {
    const options = given[spec.arguments.length] as Options;
    const args = given.slice(0, spec.arguments.length).flat() as string[];
    const print = new Printer(process.stdout, process.stderr, options.quiet === true, options.json === true);
    await spec.run(args, options, print);
  });
  for (const below of spec.commands ?? []) addCommand(command, below);
}

/** Prints an error and returns the exit status. A fault of the program keeps its stack. */
function report(error: unknown): number {
  if (error instanceof Error && 'exitCode' in error && 'code' in error && String(error.code).startsWith('commander.')) {
    // Commander has printed it. Help and version end well.
    return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
  }
  if (error instanceof Failure || error instanceof WasmMlpError) {
    const status = error instanceof Failure ? error.status : exitStatus.failure;
    writeError(error instanceof Failure ? error.message : inWordsOfCommand(error.message), status);
    return status;
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (wantsJson) writeError(trace, exitStatus.failure);
  else process.stderr.write(`${trace}\n`);
  return exitStatus.failure;
}

// The reader of the output may close it early, as `head` does. Then there is no reader left to report to.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(signalStatus(constants.signals.SIGPIPE ?? 13));
  });
}

endAtSignals(async (signal) => {
  await writesAreDone();
  writeError(`Interrupted.${stateOfOutputs()}`, signalStatus(constants.signals[signal]));
});

try {
  await program().parseAsync(process.argv);
} catch (error) {
  // Set the status rather than call `process.exit`, so that output still on its way to a pipe arrives.
  process.exitCode = report(error);
}
