/** Errors that the user can correct, and the exit statuses of the command. */

/** By the conventions of Unix tools: 1 for work that failed, 2 for a wrong call, 128 + 2 for SIGINT. */
export const exitStatus = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const;

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
