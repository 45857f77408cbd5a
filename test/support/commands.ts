/** Commands of this computer: found as a shell finds them. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of the first of these commands on this computer, or undefined; paths are taken as they are. */
export function findCommand(names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names
    .flatMap((command) => (command.includes('/') ? [command] : folders.map((folder) => join(folder, command))))
    .find(isExecutable);
}
