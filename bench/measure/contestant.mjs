/**
 * Starts a process that takes part in a comparison, and talks to it. The process is asked alternately with others, and
 * times its work itself; worker.mjs is its program.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The connection to such a process: requests and answers of one line of JSON each. */
export class Contestant {
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  #requests = 0;
  #child;
  /** @type {Promise<void>} */
  #ended;

  /**
   * @param {string} name
   * @param {string} command
   * @param {readonly string[]} args
   * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options]
   */
  constructor(name, command, args, options = {}) {
    this.name = name;
    const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    const fail = (/** @type {string} */ reason) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${name}: ${reason}`));
      this.#waiting.clear();
    };
    this.#ended = new Promise((resolve) => {
      child.on('error', (error) => {
        fail(error.message);
        resolve();
      });
      child.on('close', (status, signal) => {
        fail(`the process ended with ${signal ?? `status ${status}`}.`);
        resolve();
      });
    });
    // A failed write to a process that has ended is reported by its `close` event.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      // Ignore other output of libraries.
      if (!line.startsWith('{"id":')) return;
      const { id, result, error } = JSON.parse(line);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
  }

  /**
   * @param {string} what
   * @param {Record<string, unknown>} [request]
   * @returns {Promise<any>}
   */
  ask(what, request = {}) {
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, do: what, ...request })}\n`);
    });
  }

  /** Ends the process, and waits until it has ended. */
  async close() {
    this.#child.stdin.end();
    await this.#ended;
  }
}
