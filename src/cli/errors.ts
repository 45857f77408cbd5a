/** Exit statuses of the command, by the conventions of Unix tools: 2 for a wrong call, 128 + 2 for SIGINT. */
export const exitStatus = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** An error that the user can correct: reported as one line, without a stack trace. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly status: number = exitStatus.failure,
  ) {
    super(message);
  }
}

/** Makes the error for a wrong option or option value, refused before anything runs. */
export function usageError(message: string): CliError {
  return new CliError(message, exitStatus.usage);
}
