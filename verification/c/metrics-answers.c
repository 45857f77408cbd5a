/* Metrics of answers that are right or wrong: accuracies, and rates of counts by class or by output. */
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

/* Cuts between no and yes, of the metric that is computed. */
static Cuts cuts;

static void add_match(const Measured *m, int row, double *sum) {
  int best = largest(m->n, m->y + row * m->n);
  *sum = *sum + (best >= 0 && best == largest(m->n, m->t + row * m->n));
}

static void add_sides(const Measured *m, int row, double *sum) {
  int count = 0;
  for (int j = row * m->n; j < (row + 1) * m->n; j++) {
    count += !isnan(m->y[j]) && (m->y[j] > cuts.outputs) == (m->t[j] > cuts.targets);
  }
  *sum = *sum + (double)count / m->n;
}

static void add_top(const Measured *m, int row, double *sum) {
  const float *y = m->y + row * m->n;
  float own = y[largest(m->n, m->t + row * m->n)];
  int larger = 0, k = (int)number_of(m->metric, "k", 5);
  bool clean = true;
  for (int j = 0; j < m->n; j++) {
    larger += y[j] > own || (FAULT == ties_are_better && y[j] == own);
    clean = clean && !isnan(y[j]);
  }
  *sum = *sum + (clean && larger < k);
}

/* For each class or output: where it is answer and target, where it is the answer, where it is the target. */
static void add_counts(const Measured *m, int row, double *sums) {
  const float *y = m->y + row * m->n, *t = m->t + row * m->n;
  bool categorical = is_categorical(m);
  int answer = categorical ? largest(m->n, y) : 0, target = categorical ? largest(m->n, t) : 0;
  for (int j = 0; j < m->n; j++, sums += 3) {
    bool answered = categorical ? j == answer : y[j] > cuts.outputs;
    bool wanted = categorical ? j == target : t[j] > cuts.targets;
    sums[0] = sums[0] + (answered && wanted);
    sums[1] = sums[1] + answered;
    sums[2] = sums[2] + wanted;
  }
}

typedef struct {
  double hits, answers, targets, rows;
} Counts;

static double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

static double recall(Counts c) { return ratio(c.hits, c.targets); }

static double specificity(Counts c) {
  return ratio(((c.rows - c.answers) - c.targets) + c.hits, c.rows - c.targets);
}

static double balanced(Counts c) {
  if (c.targets == 0) return specificity(c);
  return c.targets == c.rows ? recall(c) : (recall(c) + specificity(c)) / 2;
}

static double correlation(Counts c) {
  double spread = sqrt(c.answers * (c.rows - c.answers)) * sqrt(c.targets * (c.rows - c.targets));
  return ratio(c.hits * c.rows - c.answers * c.targets, spread);
}

static double rate_of(const Json *metric, Counts c) {
  const char *kind = kind_of(metric, "");
  if (is(kind, "precision")) return ratio(c.hits, c.answers);
  if (is(kind, "recall")) return recall(c);
  if (is(kind, "specificity")) return specificity(c);
  double beta = is(kind, "f1") ? 1 : number_of(metric, "beta", 2), square = beta * beta;
  return ratio((1 + square) * c.hits, square * c.targets + c.answers);
}

static Counts counts_of(const Measured *m, const double *sums, int j) {
  return (Counts){sums[3 * j], sums[3 * j + 1], sums[3 * j + 2], m->total};
}

static double averaged(const Measured *m, const double *sums) {
  const Json *of_class = field(m->metric, "class");
  const char *average = kind_of(field(m->metric, "average"), "macro");
  Counts all = {0};
  double sum = 0, counted = 0;
  bool weighted = is(average, "weighted");
  if (of_class != NULL) return rate_of(m->metric, counts_of(m, sums, (int)of_class->number));
  for (int j = 0; j < m->n; j++) {
    Counts c = counts_of(m, sums, j);
    all.hits = all.hits + c.hits;
    all.answers = all.answers + c.answers;
    all.targets = all.targets + c.targets;
    bool occurs = !is_categorical(m) || c.answers + c.targets > 0 || FAULT == absent_classes;
    if (weighted) sum = sum + c.targets * rate_of(m->metric, c);
    else if (occurs) sum = sum + rate_of(m->metric, c);
    counted += occurs;
  }
  all.rows = m->n * m->total;
  if (is(average, "micro")) return rate_of(m->metric, all);
  return ratio(sum, weighted ? all.targets : counted);
}

static double balanced_accuracy(const Measured *m, const double *sums) {
  double sum = 0, counted = 0;
  bool categorical = is_categorical(m);
  for (int j = 0; j < m->n; j++) {
    Counts c = counts_of(m, sums, j);
    if (categorical && !(c.targets > 0)) continue;
    sum = sum + (categorical ? recall(c) : balanced(c));
    counted++;
  }
  return ratio(sum, counted);
}

static double matthews(const Measured *m, const double *sums) {
  double hits = 0, chance = 0, answered = 0, wanted = 0, sum = 0;
  for (int j = 0; j < m->n; j++) {
    Counts c = counts_of(m, sums, j);
    sum = sum + correlation(c);
    hits = hits + c.hits;
    chance = chance + c.answers * c.targets;
    answered = answered + c.answers * c.answers;
    wanted = wanted + c.targets * c.targets;
  }
  if (!is_categorical(m)) return sum / m->n;
  double square = m->total * m->total;
  double spread = sqrt(square - answered) * sqrt(square - wanted);
  if (FAULT == one_root) spread = sqrt((square - answered) * (square - wanted));
  return ratio(hits * m->total - chance, spread);
}

static double of_counts(const Measured *m, const char *kind) {
  double *sums = zeroed((size_t)(3 * m->n), sizeof(double));
  sum_rows(m, add_counts, 3 * m->n, sums);
  double value = is(kind, "balancedAccuracy")      ? balanced_accuracy(m, sums)
                 : is(kind, "matthewsCorrelation") ? matthews(m, sums)
                                                   : averaged(m, sums);
  free(sums);
  return value;
}

bool measure_answers(const Measured *m, const char *kind, double *value) {
  bool by_counts = is(kind, "precision") || is(kind, "recall") || is(kind, "specificity") || is(kind, "f1") ||
                   is(kind, "fBeta") || is(kind, "balancedAccuracy") || is(kind, "matthewsCorrelation");
  cuts = cuts_of(m);
  cuts.outputs = (float)number_of(m->metric, "threshold", cuts.outputs);
  if (by_counts) {
    *value = of_counts(m, kind);
    return true;
  }
  AddRow add;
  if (is(kind, "topKAccuracy")) add = add_top;
  else if (is(kind, "accuracy")) add = is_categorical(m) ? add_match : add_sides;
  else if (is(kind, "categoricalAccuracy")) add = add_match;
  else if (is(kind, "binaryAccuracy")) add = add_sides;
  else return false;
  double sum = 0;
  sum_rows(m, add, 1, &sum);
  *value = sum / m->total;
  return true;
}
