/** Servers for tests: in this process, on a port of their own, with small models. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { dense, mlpClassifier, sequential } from 'wasm-mlp';
import { tableClassifier, tableRegressor } from 'wasm-mlp/tables';
import { DEFAULT_SERVICE, makeService, type Service, type ServiceOptions } from '../../src/serving/service.js';

/** Starts a server of files in a folder. It ends after the tests of the file. */
export async function serve(
  folder: string,
  files: Readonly<Record<string, string>>,
  options: Partial<ServiceOptions> = {},
): Promise<Service & { readonly address: string }> {
  const named = Object.entries(files).map(([name, file]) => ({ name, path: join(folder, file) }));
  const service = await makeService(named, { ...DEFAULT_SERVICE, reload: 0, logger: false, ...options });
  const address = await service.app.listen({ host: '127.0.0.1', port: 0 });
  afterAll(() => service.app.close());
  return { ...service, address };
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** Posts a body, an object as JSON, and reads the reply as JSON. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const given = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(url, { method: 'POST', body: given, headers });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

/** A network of 3 numbers and 2 outputs. */
export async function writeNetwork(path: string, seed = 1): Promise<void> {
  const layers = [dense({ units: 5, activation: 'tanh', inputShape: [3] }), dense({ units: 2, activation: 'softmax' })];
  writeFileSync(path, (await sequential({ seed, layers })).save());
}

export const PEOPLE = {
  age: [22, null, 35, 51, 28, 44],
  town: ['Lyon', 'Oslo', 'Lyon', 'Oslo', 'Rome', 'Rome'],
  joined: ['2020-01-31', '2021-06-01', '2020-03-15', '2021-09-30', '2019-02-01', '2018-12-24'],
  member: [true, false, true, false, true, false],
};

/** A classifier of people by texts, and a regressor; and a classifier of rows. */
export async function writeTables(folder: string): Promise<void> {
  const settings = { hiddenLayers: [4], epochs: 3 };
  const classifier = tableClassifier(settings);
  await classifier.fit({ ...PEOPLE, plan: ['basic', 'plus', 'basic', 'plus', 'pro', 'pro'] }, 'plan');
  writeFileSync(join(folder, 'plan.safetensors'), classifier.save());
  const regressor = tableRegressor(settings);
  await regressor.fit({ ...PEOPLE, spent: [1.5, 20, 3, 17, 8, 9] }, 'spent');
  writeFileSync(join(folder, 'spent.safetensors'), regressor.save());
  const rows = mlpClassifier<boolean>(settings);
  await rows.fit(
    PEOPLE.age.map((age) => [age ?? 0, 1e9]),
    PEOPLE.member,
  );
  writeFileSync(join(folder, 'rows.safetensors'), rows.save());
}

/** The inputs of a request for rows of people. */
export const peopleInputs = (rows = PEOPLE.age.length): object[] =>
  (
    [
      ['age', 'FP64'],
      ['town', 'BYTES'],
      ['joined', 'BYTES'],
      ['member', 'BOOL'],
    ] as const
  ).map(([name, datatype]) => ({ name, datatype, shape: [rows], data: PEOPLE[name].slice(0, rows) }));
