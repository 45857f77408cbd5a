/** Debian's `redis-server` on a free port, with a log of its own, so that it may be killed and come back. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../../../test/support/free-port.js';

const isThere = spawnSync('redis-server', ['--version']).status === 0;
if (!isThere && process.env.REQUIRE_REDIS === '1')
  throw new Error('REQUIRE_REDIS=1, and redis-server is not installed');

/** Why tests with Redis are skipped; undefined if they run. */
export const whyNoRedis = isThere ? undefined : 'redis-server is not installed';

export class RedisServer {
  private constructor(
    private readonly port: number,
    private readonly folder: string,
    private server: ChildProcess | undefined,
  ) {}

  /** Starts a server that keeps its data in a folder. */
  static async start(folder: string): Promise<RedisServer> {
    const redis = new RedisServer(await freePort(), folder, undefined);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again on the same port. */
  async start(): Promise<void> {
    const settings = { port: this.port, bind: '127.0.0.1', dir: this.folder, save: '', appendonly: 'yes' };
    const further = { appendfsync: 'always', 'maxmemory-policy': 'noeviction', 'repl-diskless-sync-delay': 0 };
    const args = Object.entries({ ...settings, ...further }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.server = spawn('redis-server', args, { stdio: 'ignore' });
    for (;;) {
      const answer = await this.ask((redis) => redis.ping()).catch(() => undefined);
      if (answer === 'PONG') return;
      if (this.server.exitCode !== null) throw new Error(`redis-server ended with status ${this.server.exitCode}`);
      await after(50);
    }
  }

  /** Ends it as a lost machine does. */
  async kill(): Promise<void> {
    const { server } = this;
    if (server?.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  }

  /** Asks the server on a connection of its own. */
  async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url, { retryStrategy: () => null, lazyConnect: true });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }
}
