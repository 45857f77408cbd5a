/*
 * Metrics: the rows of an output are kept as an epoch or an evaluation brings them, and each metric is computed of all
 * of them at its end. metrics-*.c have the metrics; here are the rows, the keys and what the metrics share.
 */
#include "reference.h"

void clear_metrics(Objective *objective) { objective->rows = 0; }

static float *extended(float *list, int used, int room) {
  float *longer = zeroed((size_t)room, sizeof(float));
  if (used > 0) memcpy(longer, list, (size_t)used * sizeof(float));
  free(list);
  return longer;
}

void add_metrics(Objective *objective, int rows, const float *y, const float *targets, const float *weights) {
  int before = objective->rows, width = objective->width, n = objective->targets;
  if (before + rows > objective->room) {
    objective->room = 2 * (before + rows);
    objective->y = extended(objective->y, before * width, objective->room * width);
    objective->t = extended(objective->t, before * n, objective->room * n);
    objective->weights = extended(objective->weights, before, objective->room);
  }
  memcpy(objective->y + before * width, y, (size_t)(rows * width) * sizeof(float));
  memcpy(objective->t + before * n, targets, (size_t)(rows * n) * sizeof(float));
  for (int i = 0; i < rows; i++) objective->weights[before + i] = weights == NULL ? 1 : weights[i];
  objective->rows += rows;
}

/* Of weighted metrics what a row adds is summed by itself, times the weight of the row; a weight of 0 adds nothing. */
void sum_rows(const Measured *m, AddRow add, int count, double *sums) {
  double *own = zeroed((size_t)count, sizeof(double));
  for (int row = 0; row < m->rows; row++) {
    if (m->weights == NULL) {
      add(m, row, sums);
      continue;
    }
    if (m->weights[row] == 0) continue;
    for (int k = 0; k < count; k++) own[k] = 0;
    add(m, row, own);
    for (int k = 0; k < count; k++) sums[k] = sums[k] + (FAULT == rows_once ? 1 : m->weights[row]) * own[k];
  }
  free(own);
}

static bool any_target(const Measured *m, bool (*holds)(float)) {
  for (int row = 0; row < m->rows; row++) {
    if (m->weights != NULL && m->weights[row] == 0) continue;
    for (int j = 0; j < m->n; j++) {
      if (holds(m->t[row * m->n + j])) return true;
    }
  }
  return false;
}

static bool is_negative(float t) { return t < 0; }

static bool is_low(float t) { return t <= 0.5f; }

/* Activations whose values are never below 0. */
static bool never_negative(const char *kind) {
  static const char *const kinds[] = {"unitStep", "sigmoid", "relu", "softplus", "hardSigmoid",
                                      "relu6", "exponential", "softmax"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (is(kind, kinds[i])) return true;
  }
  return false;
}

/* Above the cuts outputs and targets are yes. `decided`: by the loss or the activation, not by the targets. */
static Cuts cuts_of_loss(const Measured *m, bool *decided) {
  const char *kind = kind_of(m->loss, "");
  *decided = true;
  if (is(kind, "hinge") || is(kind, "squaredHinge")) return (Cuts){0, 0};
  if (is(kind, "categoricalHinge")) return (Cuts){0, 0.5f};
  if (strstr(kind, "rossentropy") != NULL || is(kind, "kullbackLeibler")) {
    return (Cuts){flag_of(m->loss, "fromLogits", false) ? 0 : 0.5f, 0.5f};
  }
  *decided = never_negative(m->made_by);
  return (Cuts){0.5f, 0.5f};
}

Cuts cuts_of(const Measured *m) {
  bool decided, is_signed = is(m->made_by, "tanh") || is(m->made_by, "softsign");
  Cuts cuts = cuts_of_loss(m, &decided);
  if (decided) return cuts;
  bool signs = any_target(m, is_negative) || (!any_target(m, is_low) && is_signed && FAULT != cut_of_targets);
  return signs ? (Cuts){0, 0} : cuts;
}

float cut_of_areas(const Measured *m) {
  bool decided;
  Cuts cuts = cuts_of_loss(m, &decided);
  return !decided && any_target(m, is_negative) ? 0 : cuts.targets;
}

bool is_categorical(const Measured *m) {
  const char *kind = kind_of(m->loss, "");
  return m->n > 1 && !is(kind, "binaryCrossentropy") && !is(kind, "binaryFocalCrossentropy");
}

/* The outputs of a target that metrics measure: means, or the quantile nearest to the median, the lower of two. */
static int measured_block(const Json *loss) {
  const Json *quantiles = field(loss, "quantiles");
  int best = 0, i = 0;
  double nearest = INFINITY;
  for (const Json *q = quantiles == NULL ? NULL : quantiles->first; q != NULL; q = q->next, i++) {
    double distance = fabs(q->number - 0.5);
    if (distance < nearest) {
      nearest = distance;
      best = i;
    }
  }
  return best;
}

static double value_of(Measured *m) {
  const char *kind = kind_of(m->metric, "");
  if (m->weights != NULL && m->total == 0 && !is_area(kind)) return 0;
  double value = 0;
  if (measure_answers(m, kind, &value) || measure_probabilities(m, kind, &value) || measure_area(m, kind, &value) ||
      measure_errors(m, kind, &value)) {
    return value;
  }
  fail("metric unknown", kind);
}

static void append(char *to, const char *word) {
  bool first = *to == 0;
  to += strlen(to);
  strcpy(to, word);
  if (!first && *to >= 'a' && *to <= 'z') *to = (char)(*to - 'a' + 'A');
}

static void append_key(char *to, const Json *metric, bool weighs) {
  const char *average = kind_of(field(metric, "average"), "macro"), *curve = kind_of(field(metric, "curve"), "ROC");
  const Json *of_class = field(metric, "class"), *name = field(metric, "name");
  if (weighs) append(to, "weighted");
  append(to, name == NULL ? kind_of(metric, "") : name->text);
  if (name != NULL) return;
  if (of_class != NULL) sprintf(to + strlen(to), "Class%d", (int)of_class->number);
  else if (!is(average, "macro")) append(to, average);
  else if (is(curve, "PR")) append(to, curve);
}

static void write_list(const Objective *objective, const char *before, bool weighs) {
  const Json *loss = field(objective->text, "loss");
  const Json *list = field(objective->text, weighs ? "weightedMetrics" : "metrics");
  int n = objective->targets, block = objective->width == n ? 0 : measured_block(loss);
  float *y = zeroed((size_t)(objective->rows * n), sizeof(float));
  for (int i = 0; i < objective->rows; i++) {
    memcpy(y + i * n, objective->y + i * objective->width + block * n, (size_t)n * sizeof(float));
  }
  for (const Json *metric = list == NULL ? NULL : list->first; metric != NULL; metric = metric->next) {
    Measured m = {.metric = metric, .loss = loss, .made_by = objective->made_by, .rows = objective->rows, .n = n};
    m.width = objective->width;
    m.all = objective->y;
    m.y = y;
    m.t = objective->t;
    m.weights = weighs ? objective->weights : NULL;
    for (int i = 0; i < m.rows; i++) m.total = m.total + (weighs ? m.weights[i] : 1);
    char key[200] = "";
    append(key, before);
    append(key, objective->name);
    append_key(key, metric, weighs);
    putchar(',');
    write_double(key, value_of(&m));
  }
  free(y);
}

void write_metrics(const Objective *objective, const char *before) {
  write_list(objective, before, false);
  write_list(objective, before, true);
}
