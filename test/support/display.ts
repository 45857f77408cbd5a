/** A virtual display, for browsers that have a window. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { findCommand } from './commands.js';

/** Whether this computer can start a display. */
export const hasDisplays = (): boolean => findCommand(['Xvfb']) !== undefined;

/** Starts a display with a free number; `end` ends it, and resolves when it has ended. */
export async function startDisplay(size = '1280x1024'): Promise<{ display: string; end: () => Promise<void> }> {
  const server: ChildProcess = spawn(
    findCommand(['Xvfb'])!,
    ['-displayfd', '3', '-screen', '0', `${size}x24`, '-nolisten', 'tcp'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const kill = (): void => void server.kill();
  process.once('exit', kill);
  const number = await new Promise<string>((found, failed) => {
    server.once('error', failed).once('exit', () => failed(new Error('Xvfb ended')));
    server.stdio[3]!.once('data', (data: Buffer) => found(data.toString().trim()));
  });
  return {
    display: `:${number}`,
    end: async () => {
      process.off('exit', kill);
      const ended = server.exitCode === null ? once(server, 'exit') : undefined;
      kill();
      await ended;
    },
  };
}
