/** Counts are those of their version, once for each, and of the newest versions alone. */
import { expect, test } from 'vitest';
import { Metrics } from '../../src/serving/metrics.js';

test('versions that come and go', async () => {
  const metrics = new Metrics();
  const successes = async (): Promise<string[]> =>
    (await metrics.text()).body.split('\n').filter((line) => line.startsWith('model_infer_request_success_total{'));
  metrics.ofModel('net', 'a').success += 2;
  metrics.ofModel('net', 'b').success += 1;
  metrics.ofModel('net', 'a').success += 3;
  metrics.ofModel('other', 'a').success += 1;
  expect(await successes()).toEqual([
    'model_infer_request_success_total{model="net",version="b"} 1',
    'model_infer_request_success_total{model="net",version="a"} 5',
    'model_infer_request_success_total{model="other",version="a"} 1',
  ]);
  for (let version = 0; version < 100; version++) metrics.ofModel('net', String(version));
  expect(await successes()).toHaveLength(5);
});

test('histograms are cumulative', async () => {
  const metrics = new Metrics();
  const route = metrics.ofRoute('POST', '/v2/models/{model_name}/infer');
  for (const seconds of [0.0004, 0.003, 0.004, 20]) route.observe(200, seconds);
  const { body } = await metrics.text();
  const of = (end: string): string | undefined =>
    body.split('\n').find((line) => line.includes('rest_server_request_duration_seconds') && line.includes(end));
  const values = ['le="0.0005"', 'le="0.0025"', 'le="0.005"', 'le="10"', 'le="+Inf"', 'seconds_count'].map((end) =>
    Number(of(end)?.split(' ')[1]),
  );
  expect(values).toEqual([1, 1, 3, 3, 4, 4]);
});
