/** `wasm-mlp serve`: answers requests for predictions over HTTP. */
import { Failure } from '../failure.js';
import { endOnSignal } from '../serving/ending.js';
import { namedFiles } from '../serving/model-file.js';
import type { CommandSpec } from './command.js';
import { bytesOption, integerOption, numberOption } from './options.js';

interface ServeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly batchSize?: number;
  readonly batchDelay?: number;
  readonly queue?: number;
  readonly maxBody?: number;
  readonly workers?: number;
  readonly reload?: number;
  readonly drain?: number;
  readonly logRequests?: boolean;
  readonly quiet?: boolean;
}

export const serve: CommandSpec = {
  name: 'serve',
  summary: 'answer requests for predictions over HTTP',
  arguments: [['<models...>', 'files of models, or name=file']],
  options: [
    ['--host <address>', 'address to listen on (default: 127.0.0.1)'],
    ['--port <port>', 'port to listen on, 0 for any (default: 8080)', integerOption('--port', 0, 65535)],
    ['--batch-size <rows>', 'most rows computed at once (default: 64)', integerOption('--batch-size', 1)],
    [
      '--batch-delay <ms>',
      'how long rows wait for others (default: 0, until what has arrived is read)',
      numberOption('--batch-delay', 0),
    ],
    [
      '--workers <threads>',
      'threads that compute, for large models (default: 0, the thread of the server does)',
      integerOption('--workers', 0, 256),
    ],
    ['--queue <requests>', 'most requests at a time, others get 503 (default: 1024)', integerOption('--queue', 1)],
    ['--max-body <size>', 'largest body, others get 413 (default: 16MB)', bytesOption('--max-body')],
    [
      '--reload <seconds>',
      'how often files are looked at for newer ones, 0 for never (default: 1)',
      numberOption('--reload', 0),
    ],
    [
      '--drain <seconds>',
      'how long it goes on after SIGTERM, while it is not ready (default: 5)',
      numberOption('--drain', 0),
    ],
    ['--log-requests', 'log each request'],
  ],
  examples: [
    ['wasm-mlp serve iris.safetensors', ''],
    ['wasm-mlp serve iris=a.safetensors digits=b.onnx --host 0.0.0.0', 'two models, for other machines'],
  ],
  notes: [
    'Endpoints are those of the Open Inference Protocol: POST /v2/models/NAME/infer, GET /v2/models/NAME for what it takes, GET /v2/health/ready. Metrics are at /metrics. Logs go to standard output, a JSON object a line.',
  ],
  async run(args, options, print) {
    const { host = '127.0.0.1', port = 8080, drain = 5, quiet = false, ...rest } = options as ServeOptions;
    const { batchSize: size, batchDelay: delay, ...others } = rest;
    // Fastify is loaded for this command alone.
    const { DEFAULT_SERVICE, makeService } = await import('../serving/service.js');
    const files = namedFiles(args);
    const logger = { level: quiet ? 'warn' : 'info', base: null };
    const chosen = { ...others, ...(size !== undefined && { size }), ...(delay !== undefined && { delay }) };
    const { app, state } = await makeService(files, { ...DEFAULT_SERVICE, ...chosen, logger });
    try {
      await app.listen({ host, port });
    } catch (error) {
      // What looks for newer files would go on.
      await app.close();
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const hint = code === 'EADDRINUSE' ? 'Another program has it. Give another one by --port.' : message;
      throw new Failure(`Port ${port} of ${host} cannot be listened on. ${hint}`);
    }
    const ended = endOnSignal(app, state, drain);
    if (print.terminal !== undefined) {
      print.progress(`Serving ${files.map(({ name }) => name).join(', ')}. Ctrl-C ends it.`);
    }
    await ended;
    app.log.info('ended');
  },
};
