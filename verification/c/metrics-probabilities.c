/* Metrics of probabilities, in float64: log loss and calibration error. */
#include "reference.h"

static double held(double p) {
  const double least = 0x1p-23;
  return p < least ? least : p > 1 - least ? 1 - least : p;
}

/* The outputs of a row, or the probabilities of which they are the logits. */
static double *probabilities_of(const Measured *m, int row) {
  double *p = zeroed((size_t)m->n, sizeof(double));
  const char *kind = kind_of(m->loss, "");
  bool logits = flag_of(m->loss, "fromLogits", false);
  bool classes = !is(kind, "binaryCrossentropy") && !is(kind, "binaryFocalCrossentropy");
  double top = -INFINITY, sum = 0;
  for (int j = 0; j < m->n; j++) {
    p[j] = m->y[row * m->n + j];
    if (isnan(p[j]) || p[j] > top) top = isnan(top) ? top : p[j];
  }
  for (int j = 0; logits && j < m->n; j++) {
    p[j] = classes ? exp_d(p[j] - top) : 1 / (1 + exp_d(-p[j]));
    sum = sum + p[j];
  }
  for (int j = 0; logits && classes && j < m->n; j++) p[j] = p[j] / sum;
  return p;
}

static void add_log_loss(const Measured *m, int row, double *sum) {
  double *p = probabilities_of(m, row), loss = 0, whole = 0;
  for (int j = 0; j < m->n; j++) whole = whole + p[j];
  for (int j = 0; j < m->n; j++) {
    double t = m->t[row * m->n + j];
    if (!is_categorical(m)) loss = loss - (t * log_d(held(p[j])) + (1 - t) * log_d(1 - held(p[j]))) / m->n;
    else if (t != 0) loss = loss - t * log_d(held(FAULT == shares_of_one ? p[j] : p[j] / (whole == 0 ? 1 : whole)));
  }
  *sum = *sum + loss;
  free(p);
}

static int bins_of(const Measured *m) { return (int)number_of(m->metric, "bins", 10); }

static void add_to_bin(const Measured *m, double *sums, double confidence, bool right) {
  int bins = bins_of(m), bin = 0;
  if (confidence > 0) {
    double whole = FAULT == bins_from_below ? floor(confidence * bins) + 1 : ceil(confidence * bins);
    bin = whole < bins ? (int)whole - 1 : bins - 1;
  }
  sums[2 * bin] = sums[2 * bin] + confidence;
  sums[2 * bin + 1] = sums[2 * bin + 1] + right;
}

static void add_confidence(const Measured *m, int row, double *sums) {
  double *p = probabilities_of(m, row);
  const float *t = m->t + row * m->n;
  int best = 0, wanted = 0;
  for (int j = 0; j < m->n; j++) {
    if (!is_categorical(m)) add_to_bin(m, sums, p[j], t[j] > 0.5f);
    if (p[j] > p[best]) best = j;
    if (t[j] > t[wanted]) wanted = j;
  }
  if (is_categorical(m)) add_to_bin(m, sums, p[best], best == wanted);
  free(p);
}

static double calibration_error(const Measured *m) {
  int bins = bins_of(m);
  double *sums = zeroed((size_t)(2 * bins), sizeof(double)), error = 0;
  sum_rows(m, add_confidence, 2 * bins, sums);
  for (int bin = 0; bin < bins; bin++) error = error + fabs(sums[2 * bin] - sums[2 * bin + 1]);
  free(sums);
  return error / (m->total * (is_categorical(m) ? 1 : m->n));
}

bool measure_probabilities(const Measured *m, const char *kind, double *value) {
  if (is(kind, "calibrationError")) {
    *value = calibration_error(m);
    return true;
  }
  if (!is(kind, "logLoss")) return false;
  double sum = 0;
  sum_rows(m, add_log_loss, 1, &sum);
  *value = sum / m->total;
  return true;
}
