/**
 * What `/metrics` says, under the names that MLServer has, so that its dashboards work. Counting a request adds to plain
 * numbers; they become metrics when they are asked for.
 */
import { collectDefaultMetrics, Registry, type Metric } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** A metric as `prom-client` writes it. */
interface Sample {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName?: string;
}

/** Bounds of the buckets of durations, in seconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const REQUESTS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

class Histogram {
  private readonly counts: number[];
  private sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) bucket++;
    this.counts[bucket] += 1;
    this.sum += value;
  }

  samples(name: string, labels: Labels): Sample[] {
    let count = 0;
    const buckets = this.counts.map((own, bucket) => {
      count += own;
      const le = bucket < this.bounds.length ? String(this.bounds[bucket]) : '+Inf';
      return { value: count, labels: { ...labels, le }, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { value: this.sum, labels, metricName: `${name}_sum` },
      { value: count, labels, metricName: `${name}_count` },
    ];
  }
}

/** Versions of a model that are counted: a server that takes many stays as large as it is. */
const MOST_VERSIONS = 4;

/** Counts of one version of a model. */
export class ModelCounts {
  success = 0;
  failure = 0;
  seconds = 0;
  readonly batches = new Histogram(REQUESTS);

  constructor(readonly labels: Labels) {}
}

/** Counts of the requests to one route, by status. */
export class RouteCounts {
  private readonly byStatus = new Map<number, Histogram>();
  inProgress = 0;

  constructor(private readonly labels: Labels) {}

  observe(status: number, seconds: number): void {
    let histogram = this.byStatus.get(status);
    if (histogram === undefined) this.byStatus.set(status, (histogram = new Histogram(SECONDS)));
    histogram.observe(seconds);
  }

  samples(name: string): Sample[] {
    return [...this.byStatus].flatMap(([status, histogram]) =>
      histogram.samples(name, { ...this.labels, status_code: String(status) }),
    );
  }
}

const APP = { app_name: 'wasm-mlp' };

export class Metrics {
  private readonly registry = new Registry();
  private readonly models = new Map<string, Map<string, ModelCounts>>();
  private readonly routes = new Map<string, RouteCounts>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    const ofModels = (of: (counts: ModelCounts) => Sample[]) => () =>
      [...this.models.values()].flatMap((versions) => [...versions.values()].flatMap(of));
    const ofRoutes = (of: (counts: RouteCounts) => Sample[]) => () => [...this.routes.values()].flatMap(of);
    const name = 'rest_server_request_duration_seconds';
    this.add(
      'model_infer_request_success_total',
      'counter',
      'Requests for inference that succeeded',
      ofModels(({ labels, success }) => [{ labels, value: success }]),
    );
    this.add(
      'model_infer_request_failure_total',
      'counter',
      'Requests for inference that failed',
      ofModels(({ labels, failure }) => [{ labels, value: failure }]),
    );
    this.add(
      'model_infer_request_duration',
      'summary',
      'Seconds from the request to its reply',
      ofModels(({ labels, seconds, success, failure }) => [
        { labels, value: success + failure, metricName: 'model_infer_request_duration_count' },
        { labels, value: seconds, metricName: 'model_infer_request_duration_sum' },
      ]),
    );
    this.add(
      'batch_request_queue',
      'histogram',
      'Requests that were computed together',
      ofModels(({ labels, batches }) => batches.samples('batch_request_queue', labels)),
    );
    this.add(
      name,
      'histogram',
      'Seconds from the head of a request to the end of its reply',
      ofRoutes((counts) => counts.samples(name)),
    );
    this.add(
      'rest_server_requests_total',
      'counter',
      'Requests, by endpoint and status',
      ofRoutes((counts) =>
        counts
          .samples(name)
          .filter(({ metricName }) => metricName === `${name}_count`)
          .map(({ labels, value }) => ({ labels, value })),
      ),
    );
    this.add('rest_server_requests_in_progress', 'gauge', 'Requests that are read, waiting or computed', () => [
      { labels: APP, value: this.inProgress },
    ]);
  }

  /** Requests that are read, waiting or computed. */
  get inProgress(): number {
    let sum = 0;
    for (const { inProgress } of this.routes.values()) sum += inProgress;
    return sum;
  }

  /** Returns the counts of a version of a model: those of before, if it was served before. */
  ofModel(model: string, version: string): ModelCounts {
    let versions = this.models.get(model);
    if (versions === undefined) this.models.set(model, (versions = new Map<string, ModelCounts>()));
    const counts = versions.get(version) ?? new ModelCounts({ model, version });
    // The newest is the last; of the others some stay, until they have surely been read.
    versions.delete(version);
    versions.set(version, counts);
    const [oldest] = versions.keys();
    if (versions.size > MOST_VERSIONS) versions.delete(oldest);
    return counts;
  }

  ofRoute(method: string, path: string): RouteCounts {
    const key = `${method} ${path}`;
    let counts = this.routes.get(key);
    if (counts === undefined) this.routes.set(key, (counts = new RouteCounts({ method, path, ...APP })));
    return counts;
  }

  /** Returns all metrics in the text format of Prometheus. */
  async text(): Promise<{ readonly body: string; readonly type: string }> {
    return { body: await this.registry.metrics(), type: this.registry.contentType };
  }

  private add(name: string, type: string, help: string, values: () => Sample[]): void {
    // What `prom-client` reads of a metric; its own classes would count each request by a hash of its labels.
    const metric = { name, get: () => Promise.resolve({ name, help, type, values: values(), aggregator: 'sum' }) };
    this.registry.registerMetric(metric as unknown as Metric);
  }
}
