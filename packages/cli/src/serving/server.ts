/**
 * The server: the Open Inference Protocol V2 over HTTP. Routes, limits and errors are here; `protocol/` reads and writes
 * bodies, `served-models` knows the models.
 */
import type { ServerResponse } from 'node:http';
import fastify, {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { VERSION } from '../version.js';
import type { Metrics, RouteCounts } from './metrics.js';
import { readBytes } from './protocol/body.js';
import { RequestError, shown } from './protocol/request-error.js';
import { readRequest, type InferenceRequest } from './protocol/request.js';
import { replyTo, unknownOutput, type Reply } from './protocol/response.js';
import type { ModelVersion, ServedModels } from './served-models.js';

export interface ServerOptions {
  /** Largest body of a request, in bytes. */
  readonly maxBody: number;
  /** Most requests for inference at a time: read, waiting or computed. */
  readonly queue: number;
  /** Whether each request is logged. */
  readonly logRequests: boolean;
  readonly logger: FastifyServerOptions['logger'];
}

/** What the server tells load balancers: no more requests, once it is ending. */
export interface ServerState {
  isEnding: boolean;
}

const NAME = 'wasm-mlp';
const EXTENSIONS = ['binary_tensor_data'];
const JSON_TYPE = 'application/json; charset=utf-8';
const BYTES_TYPE = 'application/octet-stream';
/** The header of the protocol that says how many bytes of a body are JSON, before those of tensors. */
const HEADER_LENGTH = 'inference-header-content-length';

/** Milliseconds for which a client may take to send a request. */
const REQUEST_TIMEOUT = 60_000;
/** Longer than load balancers keep idle connections, usually a minute, so that none closes while they use it. */
const KEEP_ALIVE_TIMEOUT = 75_000;
const MOST_NAME = 512;
/** Status of requests whose client has gone, as nginx has it in its logs. */
const CLIENT_GONE = 499;

/** Requests that do not get as far as a route, by the code of Node. */
const CLIENT_ERRORS: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'headers expected at most 16 KB, got more.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', `request expected within ${REQUEST_TIMEOUT / 1000} seconds.`],
};

interface Params {
  readonly model: string;
  readonly version?: string;
}

export function createServer(
  models: ServedModels,
  metrics: Metrics,
  state: ServerState,
  { maxBody, queue, logRequests, logger }: ServerOptions,
): FastifyInstance {
  const app = fastify({
    logger,
    logController: new LogController({ disableRequestLogging: !logRequests }),
    // A logger for each request takes longer than a small network.
    ...(!logRequests && { childLoggerFactory: (parent) => parent }),
    bodyLimit: maxBody,
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    routerOptions: { maxParamLength: MOST_NAME },
    // The server itself says when it takes no more.
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply) => void sendError(reply as FastifyReply, error),
    clientErrorHandler: ({ code, message }, socket) => {
      if (code === 'ECONNRESET' || !socket.writable) return;
      const [status, said] = CLIENT_ERRORS[code ?? ''] ?? [
        '400 Bad Request',
        `request expected HTTP/1.1, got what is none: ${message}.`,
      ];
      socket.end(rawReply(status, said));
    },
  });
  app.removeAllContentTypeParsers();
  // Whatever a client calls it, a body is JSON unless the header of the protocol says that tensors are bytes. JSON is
  // taken as a text at once: a copy of its bytes is memory outside of V8's heap, for which V8 collected all of it every
  // 80 ms at 3,800 requests of 784 numbers in a second.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.addContentTypeParser(BYTES_TYPE, (request, payload, done) =>
    readBytes(payload, request.headers['content-length'], maxBody, done),
  );
  app.addHook('onRequest', ({ headers }, _reply, done) => {
    headers['content-type'] = headers[HEADER_LENGTH] === undefined ? JSON_TYPE : BYTES_TYPE;
    done();
  });
  app.setErrorHandler((error, _request, reply) => sendError(reply, error));
  app.setNotFoundHandler((request, reply) =>
    sendError(reply, new RequestError(`${request.method} ${shown(request.url)} is no endpoint of this server.`, 404)),
  );
  refuseOtherProtocols(app);
  limitRequests(app, metrics, state, queue);
  addInformation(app, models, metrics, state);
  addInference(app, models);
  return app;
}

/** A reply in which there is nothing but an error, for connections that speak no HTTP. */
function rawReply(status: string, message: string): string {
  const body = JSON.stringify({ error: message });
  return `HTTP/1.1 ${status}\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

function refuseOtherProtocols({ server }: FastifyInstance): void {
  server.on('connect', (_request, socket) =>
    socket.end(rawReply('405 Method Not Allowed', 'CONNECT expected a proxy, got a server of models.')),
  );
  server.on('checkExpectation', (request, response) => {
    const body = JSON.stringify({
      error: `header Expect expected 100-continue, got ${shown(request.headers.expect)}.`,
    });
    response.writeHead(417, { 'content-type': JSON_TYPE, 'content-length': Buffer.byteLength(body) }).end(body);
  });
}

/** Sends an error as the protocol has it. A fault of the server is logged; the client learns nothing of its inside. */
function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const { statusCode: given = 500 } = error as { readonly statusCode?: number };
  const status = error instanceof RequestError ? error.status : given;
  if (status >= 500 && !(error instanceof RequestError)) reply.log.error({ err: error }, 'request failed');
  const message = status >= 500 && !(error instanceof RequestError) ? 'internal error' : (error as Error).message;
  if (status === 503) reply.header('retry-after', '1');
  return reply
    .code(status)
    .header('content-type', JSON_TYPE)
    .send(JSON.stringify({ error: message }));
}

/** What a route has beside what it does. */
interface RouteConfig {
  /** Whether its requests are counted against the queue. */
  readonly isInference?: boolean;
  counts?: RouteCounts;
}

/** Requests for inference that were taken and have no reply yet. */
interface Queue {
  taken: number;
}

/** A reply that is counted. */
interface CountedReply extends ServerResponse {
  counted?: { readonly counts: RouteCounts; readonly start: number; readonly queue: Queue | undefined };
}

/** Called when a reply was sent or its client has gone. One function for all, since it runs for each request. */
function onClose(this: CountedReply): void {
  const { counts, start, queue } = this.counted!;
  counts.inProgress -= 1;
  if (queue !== undefined) queue.taken -= 1;
  counts.observe(this.writableFinished ? this.statusCode : CLIENT_GONE, (performance.now() - start) / 1000);
}

/**
 * Counts every request from its head until its reply is sent or its client has gone. Refuses those that are too many
 * before their bodies are read, so that these are limited, too.
 */
function limitRequests(app: FastifyInstance, metrics: Metrics, state: ServerState, most: number): void {
  const queue: Queue = { taken: 0 };
  app.addHook('onRequest', (request, { raw }, done) => {
    const config = request.routeOptions.config as RouteConfig;
    const counts = (config.counts ??= metrics.ofRoute(request.method, patternOf(request)));
    const isQueued = config.isInference === true;
    const isTaken = isQueued && queue.taken < most;
    if (isTaken) queue.taken += 1;
    counts.inProgress += 1;
    (raw as CountedReply).counted = { counts, start: performance.now(), queue: isTaken ? queue : undefined };
    raw.on('close', onClose);
    // Clients go elsewhere with their next request.
    if (state.isEnding) raw.setHeader('connection', 'close');
    if (isTaken === isQueued) done();
    else done(new RequestError(`The server is busy with ${most} requests. Try again later.`, 503));
  });
}

/** The path of a route as MLServer labels it; one label for all paths that are none. */
const patternOf = (request: FastifyRequest): string =>
  request.routeOptions.url?.replace(/:(\w+)/g, '{model_$1}').replace('{model_model}', '{model_name}') ?? 'unknown';

/** Health, metadata and metrics. */
function addInformation(app: FastifyInstance, models: ServedModels, metrics: Metrics, state: ServerState): void {
  const ending = (): RequestError => new RequestError('The server is ending.', 503);
  app.get('/v2', () => ({ name: NAME, version: VERSION, extensions: EXTENSIONS }));
  app.get('/v2/health/live', () => ({ live: true }));
  app.get('/v2/health/ready', () => {
    if (state.isEnding) throw ending();
    // The text of the protocol has `live` here, its servers have `ready`.
    return { live: true, ready: true };
  });
  const describe = ({ params }: FastifyRequest<{ Params: Params }>): unknown => {
    const { model, version, servable } = models.find(params.model, params.version);
    const { platform, inputs, outputs } = servable;
    return {
      name: model,
      versions: [version],
      platform,
      inputs,
      outputs: outputs.map(({ name, datatype, dimensions, labels }) => ({
        name,
        datatype,
        shape: [-1, ...dimensions],
        ...(labels && { labels }),
      })),
    };
  };
  const ready = ({ params }: FastifyRequest<{ Params: Params }>): unknown => {
    const { model } = models.find(params.model, params.version);
    if (state.isEnding) throw ending();
    return { name: model, ready: true };
  };
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get<{ Params: Params }>(path, describe);
    app.get<{ Params: Params }>(`${path}/ready`, ready);
  }
  app.get('/metrics', async (_request, reply) => {
    const { body, type } = await metrics.text();
    return reply.header('content-type', type).send(body);
  });
}

function addInference(app: FastifyInstance, models: ServedModels): void {
  for (const path of ['/v2/models/:model/infer', '/v2/models/:model/versions/:version/infer']) {
    app.post<{ Params: Params }>(path, { config: { isInference: true } satisfies RouteConfig }, (request, reply) => {
      const { start } = (reply.raw as CountedReply).counted!;
      const version = models.find(request.params.model, request.params.version);
      infer(version, request, (error, answer) => {
        const { counts, model } = version;
        counts.seconds += (performance.now() - start) / 1000;
        if (error !== undefined) {
          counts.failure += 1;
          void sendError(reply, error instanceof RequestError ? ofModel(model, error) : error);
          return;
        }
        counts.success += 1;
        send(reply, answer!);
      });
    });
  }
}

const ofModel = (model: string, { message, status }: RequestError): RequestError =>
  new RequestError(`${model}: ${message}`, status);

function send(reply: FastifyReply, { body, headerLength }: Reply): void {
  if (headerLength === undefined) reply.header('content-type', JSON_TYPE);
  else {
    reply.header('content-type', BYTES_TYPE).header(HEADER_LENGTH, headerLength);
  }
  void reply.send(body);
}

/** Reads a request, computes it with others, and calls `done` once with the reply or the error. */
function infer(
  version: ModelVersion,
  { body, headers }: FastifyRequest,
  done: (error: unknown, reply: Reply | undefined) => void,
): void {
  const { servable } = version;
  let request: InferenceRequest;
  let rows;
  try {
    request = readRequest(body as string | Buffer | undefined, headerLengthOf(headers), servable.inputs);
    // Before anything is computed.
    for (const { name } of request.outputs ?? []) {
      if (!servable.outputs.some((output) => output.name === name)) throw unknownOutput(name, servable.outputs);
    }
    rows = servable.read(request);
  } catch (error) {
    done(error, undefined);
    return;
  }
  const { rows: count } = rows;
  version.compute(rows, (error, values, first) => {
    let reply: Reply | undefined;
    let failure = error;
    try {
      if (error === undefined) reply = replyTo(request, version, values, first, count);
    } catch (unfit) {
      failure = unfit;
    }
    done(failure, reply);
  });
}

/** Reads the length of the JSON before bytes of tensors. */
function headerLengthOf(headers: FastifyRequest['headers']): number | undefined {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new RequestError(`header Content-Encoding expected identity, got ${shown(encoding)}.`, 415);
  }
  const text = headers[HEADER_LENGTH];
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) {
    throw new RequestError(`header Inference-Header-Content-Length expected a number of bytes, got ${shown(text)}.`);
  }
  return Number(text);
}
