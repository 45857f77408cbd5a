/** A plain static server for the pages that browsers open in tests. */
import { readFile } from 'node:fs/promises';
import { createServer, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve, sep } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface StaticServer {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  origin: string;
  /** Resolves with what a page next posts to `/__result`, see test/support/pages/report.js. */
  result: () => Promise<unknown>;
  close: () => Promise<void>;
}

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Serves the repository's files on a free port of this computer alone, with `headers` in every response. */
export const serveRepository = (headers?: OutgoingHttpHeaders): Promise<StaticServer> =>
  serveFolder(fileURLToPath(new URL('../..', import.meta.url)), headers);

/** Serves the files of a folder in the same way. */
export async function serveFolder(root: string, headers: OutgoingHttpHeaders = {}): Promise<StaticServer> {
  const posted: unknown[] = [];
  const waiting: ((result: unknown) => void)[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/__result') {
      json(request).then(
        (result) => {
          response.writeHead(204, headers).end();
          const next = waiting.shift();
          if (next === undefined) posted.push(result);
          else next(result);
        },
        () => response.writeHead(400, headers).end(),
      );
      return;
    }
    const path = pathUnder(root, request.url ?? '/');
    const reading = path === undefined ? Promise.reject(new Error('outside the repository')) : readFile(path);
    reading.then(
      (body) => {
        const type = contentTypes[extname(path ?? '')] ?? 'application/octet-stream';
        response.writeHead(200, { ...headers, 'content-type': type }).end(body);
      },
      () => response.writeHead(404, headers).end(),
    );
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    result: () =>
      posted.length > 0 ? Promise.resolve(posted.shift()) : new Promise((resolve) => void waiting.push(resolve)),
    close: () =>
      new Promise((closed, failed) => {
        server.close((error) => (error ? failed(error) : closed()));
        server.closeAllConnections();
      }),
  };
}

/** Returns the file that a request asks for, or undefined where the path is outside of `root`. */
function pathUnder(root: string, url: string): string | undefined {
  try {
    const path = resolve(root, `.${decodeURIComponent(new URL(url, 'http://localhost').pathname)}`);
    return path.startsWith(root.endsWith(sep) ? root : root + sep) ? path : undefined;
  } catch {
    return undefined;
  }
}
