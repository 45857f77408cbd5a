/**
 * Builds the page that measures the library in any browser, and serves it. bench/page/ is the page.
 *
 *     npm run bench:page
 *     npm run bench:page -- --host --port 8080     for other devices of the network, too
 *     npm run bench:page -- --out FOLDER           only builds, for any static server
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { preview } from 'vite';
import { ISOLATION } from '../scripts/checks/load-browsers.mjs';
import { endWithHelp, HELP_OPTION } from './options.mjs';
import { buildPage } from './page/build.mjs';

const HELP = `npm run bench:page -- [options]

Builds the page that measures the library in any browser and checks every bit, and serves it until Ctrl+C.

  --out FOLDER   only build, into this folder, which any static server can serve
  --port N       port, default 4180 or the next that is free
  --host         also for other devices of the network, such as phones
  --plain        without the headers that isolate the page; its clock is coarser then
  --help         print this
`;

const PORT = 4180;

try {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      port: { type: 'string', default: String(PORT) },
      host: { type: 'boolean', default: false },
      plain: { type: 'boolean', default: false },
      ...HELP_OPTION,
    },
  });
  endWithHelp(values.help, HELP);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`--port: a whole number from 0 to 65535 expected, got ${values.port}.`);
  }
  const folder =
    values.out === undefined ? fileURLToPath(new URL('results/page', import.meta.url)) : resolve(values.out);
  await buildPage(folder);
  if (values.out !== undefined) process.stdout.write(`${folder}\n`);
  else {
    const server = await preview({
      configFile: false,
      root: folder,
      build: { outDir: '.' },
      preview: { port, host: values.host, headers: values.plain ? {} : ISOLATION },
    });
    server.printUrls();
  }
} catch (error) {
  process.stderr.write(`bench:page: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}
