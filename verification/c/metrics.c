/* Metrics: sums in float64 over the rows in their order, divided at the end. */
#include "reference.h"

static int largest(int n, const float *x) {
  int best = 0;
  float top = -INFINITY;
  for (int j = 0; j < n; j++) {
    if (isnan(x[j])) return -1;
    if (x[j] > top) {
      top = x[j];
      best = j;
    }
  }
  return best;
}

/* The sides of outputs and of targets begin at 0 under a hinge, and of logits at 0; otherwise at a half. */
static double of_row(const char *kind, const Json *loss, int n, const float *y, const float *t, double sum) {
  if (is(kind, "categoricalAccuracy")) {
    int best = largest(n, y);
    return sum + (best >= 0 && best == largest(n, t));
  }
  if (is(kind, "binaryAccuracy")) {
    bool hinge = is(kind_of(loss, ""), "hinge") || is(kind_of(loss, ""), "squaredHinge");
    float cut = hinge || flag_of(loss, "fromLogits", false) ? 0 : 0.5f, of_targets = hinge ? 0 : 0.5f;
    int count = 0;
    for (int j = 0; j < n; j++) count += !isnan(y[j]) && (y[j] > cut) == (t[j] > of_targets);
    return sum + (double)count / n;
  }
  for (int j = 0; j < n; j++) {
    double d = (double)y[j] - t[j];
    sum = sum + (is(kind, "meanAbsoluteError") ? fabs(d) : d * d);
  }
  return sum;
}

static const Json *first_of(const Network *network) {
  const Json *list = field(network->text, "metrics");
  return list == NULL ? NULL : list->first;
}

void clear_metrics(Network *network) { memset(network->metric, 0, sizeof network->metric); }

void add_metrics(Network *network, int rows, const float *targets) {
  const float *y = network->operation[network->operations - 1].y;
  double *sum = network->metric;
  for (const Json *metric = first_of(network); metric != NULL; metric = metric->next, sum++) {
    int n = network->outputs;
    for (int i = 0; i < rows; i++) *sum = of_row(metric->text, field(network->text, "loss"), n, y + i * n, targets + i * n, *sum);
  }
}

void write_metrics(const Network *network, int rows, const char *before) {
  const double *sum = network->metric;
  for (const Json *metric = first_of(network); metric != NULL; metric = metric->next, sum++) {
    bool by_row = strstr(metric->text, "Accuracy") != NULL;
    double mean = by_row ? *sum / rows : *sum / ((double)rows * network->outputs);
    putchar(',');
    write_double(before, metric->text, is(metric->text, "rootMeanSquaredError") ? sqrt(mean) : mean);
  }
}
