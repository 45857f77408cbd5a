/** The thread that computes for a server: attaches to the networks of the server's thread, or loads models of tables. */
import { parentPort } from 'node:worker_threads';
import { attachModel } from 'wasm-mlp';
import { loadTable } from 'wasm-mlp/tables/predict';
import { RequestError } from '../protocol/request-error.js';
import { computeEstimator, loadEstimator, type EstimatorSetup } from '../servables/estimator.js';
import { computeNetwork, type NetworkSetup } from '../servables/network.js';
import type { Compute, Rows } from '../servables/servable.js';
import { computeTable, type TableSetup } from '../servables/table.js';
import type { Order, Report } from './messages.js';

interface Installed {
  readonly compute: Compute;
  dispose(): void;
}

/** How each kind of model is made here. */
const INSTALLERS = {
  network: ({ handle, widths, labels }: NetworkSetup): Installed => {
    const model = attachModel<Float32Array | Float32Array[]>(handle);
    return { compute: computeNetwork(model, widths, labels) as Compute, dispose: () => model.dispose() };
  },
  estimator: async ({ of, bytes }: EstimatorSetup): Promise<Installed> => {
    const model = await loadEstimator(of, bytes);
    return { compute: computeEstimator(model) as Compute, dispose: () => model.dispose() };
  },
  table: async ({ bytes }: TableSetup): Promise<Installed> => {
    const model = await loadTable(bytes);
    return { compute: computeTable(model) as Compute, dispose: () => model.dispose() };
  },
};

const port = parentPort!;
const models = new Map<number, Installed>();

const report = (message: Report, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

async function install(id: number, setup: unknown): Promise<void> {
  const { kind } = setup as NetworkSetup | EstimatorSetup | TableSetup;
  try {
    models.set(id, await (INSTALLERS[kind] as (given: unknown) => Installed | Promise<Installed>)(setup));
    report({ kind: 'installed', id });
  } catch (error) {
    report({ kind: 'installed', id, error: (error as Error).message });
  }
}

function compute(job: number, id: number, rows: Rows): void {
  try {
    const values = models.get(id)!.compute(rows);
    const buffers = values.flatMap((list) => (Array.isArray(list) ? [] : [(list as Float32Array).buffer]));
    report({ kind: 'computed', job, values }, buffers as ArrayBuffer[]);
  } catch (error) {
    const { message } = error as Error;
    report({ kind: 'failed', job, message, status: error instanceof RequestError ? error.status : undefined });
  }
}

port.on('message', (order: Order) => {
  if (order.kind === 'install') void install(order.id, order.setup);
  else if (order.kind === 'compute') compute(order.job, order.id, order.rows);
  else {
    models.get(order.id)?.dispose();
    models.delete(order.id);
  }
});
