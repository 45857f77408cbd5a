/**
 * The service worker of the site: keeps all of its files, so that every page works without a network. A file is kept
 * under its path and the hash of its content. A new version fetches what has changed beside the old one, and then
 * answers at once; files of the version before stay, for pages that are still open. The build writes the list of files
 * (scripts/offline.mjs); register.ts starts this once a page is drawn.
 */

/** Hashes of the files by their paths below the scope. */
declare const __FILES__: Readonly<Record<string, string>>;

type Files = Readonly<Record<string, string>>;
const FILES: Files = __FILES__;

interface LastingEvent extends Event {
  waitUntil(promise: Promise<unknown>): void;
}
interface FetchEvent extends LastingEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
/** What this file uses of a service worker's globals, which the types of pages do not have. */
interface ServiceWorkerGlobals {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(kind: 'install' | 'activate', listener: (event: LastingEvent) => void): void;
  addEventListener(kind: 'fetch', listener: (event: FetchEvent) => void): void;
}

const worker = globalThis as unknown as ServiceWorkerGlobals;
const { scope } = worker.registration;
/** Sites in other folders of the same host have caches of their own. */
const CACHE = `wasm-mlp ${scope}`;
/** Where the cache holds the lists of files: of this version, and of the one before. */
const LISTS = new URL('?lists', scope).href;
/** Files that are fetched at the same time: the page comes first. */
const AT_ONCE = 4;
/** Names of files in this folder have a hash of their own, and never change. */
const UNCHANGING = 'assets/';

const keyOf = (path: string, hash: string): string => new URL(`${path}?${hash}`, scope).href;

async function listsIn(cache: Cache): Promise<{ readonly now: Files; readonly before: Files }> {
  const stored = await cache.match(LISTS);
  return stored === undefined
    ? { now: {}, before: {} }
    : ((await stored.json()) as { readonly now: Files; readonly before: Files });
}

async function keep(cache: Cache, path: string, hash: string): Promise<void> {
  const key = keyOf(path, hash);
  if ((await cache.match(key)) !== undefined) return;
  // With the hash behind them, files that change are not those that a cache on the way has kept.
  const address = path.startsWith(UNCHANGING) ? new URL(path, scope).href : key;
  const response = await fetch(address, { priority: 'low' });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  // Hosts that redirect to addresses without .html: such a response must not answer the request for a page.
  const { body, status, headers, redirected } = response;
  await cache.put(key, redirected ? new Response(body, { status, headers }) : response);
}

/** Keeps all files; what was fetched stays if it fails, for the next attempt. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  const waiting = Object.entries(FILES);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) await keep(cache, ...file);
    }),
  );
  // Before it is activated: Chromium asks a worker that is about to be.
  const { now: before } = await listsIn(cache);
  await cache.put(LISTS, new Response(JSON.stringify({ now: FILES, before })));
  await worker.skipWaiting();
}

/** Drops what neither this version nor the one before needs, and answers the pages that are open. */
async function activate(): Promise<void> {
  const cache = await caches.open(CACHE);
  const { now, before } = await listsIn(cache);
  const needed = new Set([before, now].flatMap((files) => Object.entries(files).map((file) => keyOf(...file))));
  for (const { url } of await cache.keys()) if (url !== LISTS && !needed.has(url)) await cache.delete(url);
  await worker.clients.claim();
}

/** Returns the path of the file that an address means, or undefined for what is none of the site's. */
function pathOf({ href }: URL): string | undefined {
  if (!href.startsWith(scope)) return undefined;
  const path = href.slice(scope.length).replace(/[?#].*$/s, '');
  const found = [path, `${path}index.html`, `${path}.html`].find((one) => Object.hasOwn(FILES, one));
  return found ?? (path.startsWith(UNCHANGING) ? path : undefined);
}

async function answer(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const hash = FILES[path] ?? (await listsIn(cache)).before[path];
  return (hash === undefined ? undefined : await cache.match(keyOf(path, hash))) ?? fetch(request);
}

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(activate()));
worker.addEventListener('fetch', (event) => {
  const path = event.request.method === 'GET' ? pathOf(new URL(event.request.url)) : undefined;
  if (path !== undefined) event.respondWith(answer(path, event.request));
});
