/** The end of a server: it says that it is not ready, goes on for a while, then ends without losing a request. */
import type { FastifyInstance } from 'fastify';
import type { ServerState } from './server.js';

/** Seconds after which requests that still run are given up. */
const MOST_SECONDS = 30;

/**
 * Returns a promise that resolves when the server has ended. SIGTERM, which Kubernetes sends, leaves load balancers
 * `drain` seconds in which they notice; SIGINT, or a second signal, ends it at once. Requests that run are answered.
 */
export function endOnSignal(app: FastifyInstance, state: ServerState, drain: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let isClosing = false;
    const close = (): void => {
      if (isClosing) return;
      isClosing = true;
      clearTimeout(timer);
      const limit = setTimeout(() => app.server.closeAllConnections(), 1000 * MOST_SECONDS);
      app
        .close()
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(limit);
          process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
        });
    };
    const onSignal = (signal: NodeJS.Signals): void => {
      const isSecond = state.isEnding;
      state.isEnding = true;
      app.log.info({ signal }, 'ending');
      if (signal === 'SIGINT' || isSecond || drain === 0) close();
      else timer = setTimeout(close, 1000 * drain);
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
}
