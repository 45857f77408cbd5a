/** Errors that the user can correct, and the exit statuses of the command. */

/** By the conventions of Unix tools: 1 for work that failed, 2 for a wrong call. */
export const exitStatus = { ok: 0, failure: 1, usage: 2 } as const;

/** The status of a command that a signal ended, as shells have it: 130 for Ctrl-C. */
export const signalStatus = (signal: number): number => 128 + signal;

/** An error that the user can correct: printed as it is, without a stack trace. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    message: string,
    readonly status: number = exitStatus.failure,
  ) {
    super(message);
  }
}

/** The error for a wrong option or argument, refused before anything runs. */
export const usageFailure = (message: string): Failure => new Failure(message, exitStatus.usage);
