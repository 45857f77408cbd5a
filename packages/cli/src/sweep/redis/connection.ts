/** Connections to Redis, and the log of results there. Imported only where `--redis` is used. */
import { Redis } from 'ioredis';
import { Failure, usageFailure } from '../../failure.js';
import type { ResultLog } from '../log.js';

/** Keys: a list of lines for each sweep, and the identity of the last one. */
const linesKey = (id: string): string => `wasm-mlp:sweep:${id}`;
const LAST_KEY = 'wasm-mlp:sweep:last';

/** How long results stay after the last of them: 30 days, in seconds. */
const KEPT = 30 * 24 * 3600;

/** Milliseconds between two attempts to reach a Redis that was there before. */
const RETRY = 500;

/**
 * Connects. A Redis that restarts later is waited for.
 * @throws Failure if none answers now.
 */
export async function connect(url: string): Promise<Redis> {
  if (!/^rediss?:\/\//.test(url))
    throw usageFailure(`--redis expected an address such as redis://HOST:6379, got ${url}.`);
  let isThere = false;
  let reason = 'it does not answer';
  const redis = new Redis(url, {
    lazyConnect: true,
    // BullMQ asks for it: a command waits until Redis is back.
    maxRetriesPerRequest: null,
    connectTimeout: 10_000,
    retryStrategy: () => (isThere ? RETRY : null),
  });
  redis.on('error', (error: Error) => (reason = error.message));
  try {
    await redis.connect();
    isThere = true;
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    const { host, port } = redis.options;
    throw new Failure(`Redis at ${host}:${port}: ${error instanceof Error && isThere ? error.message : reason}.`);
  }
  return redis;
}

/** The identity of the sweep that was started last. */
export const lastSweep = async (redis: Redis): Promise<string | undefined> => (await redis.get(LAST_KEY)) ?? undefined;

/** Lines of a sweep in Redis, from the given one on. */
export const linesFrom = (redis: Redis, id: string, from: number): Promise<string[]> =>
  redis.lrange(linesKey(id), from, -1);

export const lineCount = (redis: Redis, id: string): Promise<number> => redis.llen(linesKey(id));

export function redisLog(redis: Redis, id: string): ResultLog {
  return {
    name: 'Redis',
    read: () => linesFrom(redis, id, 0),
    async append(line) {
      await redis.rpush(linesKey(id), line);
      await redis.expire(linesKey(id), KEPT);
      await redis.set(LAST_KEY, id, 'EX', KEPT);
    },
    close() {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}
