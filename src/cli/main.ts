import { WasmMlpError } from '../index.js';
import { CliError, exitStatus } from './errors.js';
import { runJob } from './job.js';
import { parseOptions } from './options.js';
import { interruption, jsonSummary, summary } from './summary.js';

/** Runs the command and returns its exit status. */
async function run(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) return exitStatus.ok;
  // With --json, standard output is for the one object, and all text for people goes to standard error.
  const forPeople = options.json ? process.stderr : process.stdout;
  const result = await runJob(options, forPeople);
  if (options.json) {
    process.stdout.write(`${jsonSummary(result)}\n`);
    if (result.aborted) forPeople.write(`${interruption(result)}\n`);
  } else {
    process.stdout.write(`${summary(result, process.stdout.columns)}\n`);
  }
  return result.aborted ? exitStatus.interrupted : exitStatus.ok;
}

/**
 * Prints an error and returns the exit status. Errors that the user can correct are printed as one line; anything else
 * is a fault in the program and keeps its stack.
 */
function report(error: unknown): number {
  if (error instanceof CliError || error instanceof WasmMlpError) {
    process.stderr.write(`${error.message}\n`);
    return error instanceof CliError ? error.status : exitStatus.failure;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitStatus.failure;
}

// The reader of the output may close it early, as `head` does. Then there is no reader left to report to.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitStatus.failure);
});

// Set the status rather than call `process.exit`, so that output still on its way to a pipe arrives.
process.exitCode = await run(process.argv.slice(2)).catch(report);
