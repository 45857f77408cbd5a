/* Metrics of numbers, in float64, and losses as metrics. */
#include "reference.h"

static void add_squares(const Measured *m, int row, double *total) {
  double own = 0, *sum = FAULT == squares_of_row ? &own : total;
  for (int i = row * m->n; i < (row + 1) * m->n; i++) {
    double d = (double)m->y[i] - m->t[i];
    *sum = *sum + d * d;
  }
  *total = *total + own;
}

static void add_absolutes(const Measured *m, int row, double *sum) {
  for (int i = row * m->n; i < (row + 1) * m->n; i++) *sum = *sum + fabs((double)m->y[i] - m->t[i]);
}

/* The larger of a number, which may be NaN, and a limit. */
static double at_least(double x, double limit) { return x < limit ? limit : x; }

static const double LEAST = 1e-7;

static void add_percentages(const Measured *m, int row, double *total) {
  double sum = 0;
  for (int i = row * m->n; i < (row + 1) * m->n; i++) {
    double t = m->t[i];
    sum = sum + fabs(t - m->y[i]) / at_least(fabs(t), LEAST);
  }
  *total = *total + (FAULT == percent_of_quotients ? 100 * (sum / m->n) : (100 * sum) / m->n);
}

static void add_logarithms(const Measured *m, int row, double *total) {
  double sum = 0;
  for (int i = row * m->n; i < (row + 1) * m->n; i++) {
    double y = at_least(m->y[i], LEAST), t = at_least(m->t[i], LEAST);
    double d = log_d(1 + y) - log_d(1 + t);
    sum = sum + d * d;
  }
  *total = *total + sum / m->n;
}

static void add_cosine(const Measured *m, int row, double *total) {
  double product = 0, of_y = 0, of_t = 0;
  for (int i = row * m->n; i < (row + 1) * m->n; i++) {
    double y = m->y[i], t = m->t[i];
    product = product + y * t;
    of_y = of_y + y * y;
    of_t = of_t + t * t;
  }
  double a = sqrt(of_y), b = sqrt(of_t);
  double value = FAULT == norms_first ? product / (a * b) : (product / a) / b;
  *total = *total + (a <= 1e-8 || b <= 1e-8 ? 0 : value);
}

/* The mean of the targets moves row by row, so that nothing cancels. */
static double r2(const Measured *m) {
  double total = 0;
  for (int j = 0; j < m->n; j++) {
    double weights = 0, mean = 0, around = 0, missed = 0;
    for (int row = 0; row < m->rows; row++) {
      double weight = m->weights == NULL ? 1 : m->weights[row];
      if (weight == 0) continue;
      double t = m->t[row * m->n + j], off = t - m->y[row * m->n + j], from = t - mean;
      weights = weights + weight;
      mean = mean + (from * weight) / weights;
      around = around + (weight * from) * (t - (FAULT == mean_before ? mean - (from * weight) / weights : mean));
      missed = missed + (weight * off) * off;
    }
    if (around == 0) total = total + (missed > 0 ? 0 : 1 - missed);
    else total = total + (1 - missed / around);
  }
  return total / m->n;
}

static void add_loss(const Measured *m, int row, double *sum) { *sum = *sum + m->losses[row]; }

/* A loss: that of each row, of smoothed targets, computed from the outputs as they are. */
static double loss_of(Measured *m) {
  int per_target = targets_of(m->metric, m->width) == m->width ? m->n : m->width;
  float *t = smoothed(m->metric, true, m->rows, m->n, m->t);
  float *losses = zeroed((size_t)m->rows, sizeof(float)), *dy = zeroed((size_t)(m->rows * per_target), sizeof(float));
  const float *y = per_target == m->n ? m->y : m->all;
  Batch batch = {m->rows, per_target, m->n, (float)m->rows, y, FAULT == metric_not_smoothed ? m->t : t, dy, losses};
  compute_loss(m->metric, false, &batch);
  m->losses = losses;
  double sum = 0;
  sum_rows(m, add_loss, 1, &sum);
  free(t);
  free(losses);
  free(dy);
  return sum / m->total;
}

bool measure_errors(Measured *m, const char *kind, double *value) {
  bool root = is(kind, "rootMeanSquaredError"), squares = root || is(kind, "meanSquaredError");
  AddRow add = NULL;
  if (is(kind, "meanAbsolutePercentageError")) add = add_percentages;
  if (is(kind, "meanSquaredLogarithmicError")) add = add_logarithms;
  if (is(kind, "cosineSimilarity")) add = add_cosine;
  double sum = 0;
  if (is(kind, "r2")) *value = r2(m);
  else if (squares || is(kind, "meanAbsoluteError")) {
    sum_rows(m, squares ? add_squares : add_absolutes, 1, &sum);
    double mean = sum / (m->total * m->n);
    *value = root ? sqrt(mean) : mean;
  } else if (add != NULL) {
    sum_rows(m, add, 1, &sum);
    *value = sum / m->total;
  } else *value = loss_of(m);
  return true;
}
