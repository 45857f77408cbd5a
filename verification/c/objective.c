/* The losses of the outputs: their sums, the deltas that the backward pass begins with, and rows of weight 0. */
#include "reference.h"

float *smoothed(const Json *loss, bool training, int rows, int targets, const float *t) {
  double share = FAULT == validation_not_smoothed && !training ? 0 : number_of(loss, "labelSmoothing", 0);
  float *to = zeroed((size_t)(rows * targets), sizeof(float));
  bool categories = strstr(kind_of(loss, ""), "ategorical") != NULL;
  int parts = categories ? targets : 2;
  float scale = (float)(1 - share), shift = (float)(share / parts);
  if (FAULT == smoothing_in_single) {
    scale = 1 - (float)share;
    shift = (float)share / (float)parts;
  }
  for (int i = 0; i < rows * targets; i++) to[i] = share == 0 ? t[i] : t[i] * scale + shift;
  return to;
}

static void weigh_rows(int rows, int width, const float *weights, float *losses, float *dy) {
  for (int i = 0; i < rows && weights != NULL; i++) {
    losses[i] = weights[i] == 0 ? 0 : losses[i] * weights[i];
    for (int j = 0; j < width; j++) dy[i * width + j] = weights[i] == 0 ? 0 : dy[i * width + j] * weights[i];
  }
}

static double add_losses(double total, const float *losses, int rows) {
  for (int i = 0; i < rows; i++) total = FAULT == loss_in_single ? (float)total + losses[i] : total + losses[i];
  return total;
}

/* The loss of each row of an output, and the delta of the value that it begins with. */
static void compute(Network *network, Objective *objective, bool training, int rows, const float *targets,
                    const float *weights) {
  const Json *loss = field(objective->text, "loss");
  int width = objective->width, begins = objective->begins;
  float *dy = zeroed((size_t)(rows * width), sizeof(float)), *losses = zeroed((size_t)rows, sizeof(float));
  float *t = smoothed(loss, training, rows, objective->targets, targets);
  const float *from = begins < 0 ? network->input[-1 - begins].x : network->operation[begins].y;
  Batch batch = {rows, width, objective->targets, (float)rows, from, t, dy, losses};
  compute_loss(loss, objective->of_logits, &batch);
  weigh_rows(rows, width, weights, losses, dy);
  float weight = (float)objective->weight;
  for (int i = 0; i < rows * width && weight != 1; i++) {
    dy[i] = weight == 0 ? 0 : FAULT == weight_of_loss ? dy[i] : dy[i] * weight + 0;
  }
  objective->total = add_losses(objective->total, losses, rows);
  add_metrics(objective, rows, network->operation[objective->last].y, targets, weights);
  if (begins >= 0) {
    memcpy(network->operation[begins].dy, dy, (size_t)(rows * width) * sizeof(float));
    network->operation[begins].has_delta = true;
  }
  free(dy);
  free(losses);
  free(t);
}

void compute_losses(Network *network, const Data *data, bool training, int rows, const float *targets,
                    const float *weights) {
  for (int k = 0; k < network->operations; k++) network->operation[k].has_delta = false;
  for (int o = 0; o < network->objectives; o++) {
    Objective *objective = network->objective + o;
    int vectors = data->weight_vectors;
    float *t = columns_of(targets, rows, data->targets, objective->first_target, objective->targets);
    float *own = vectors == 0 ? NULL : columns_of(weights, rows, vectors, vectors == 1 ? 0 : o, 1);
    compute(network, objective, training, rows, t, own);
    free(t);
    free(own);
  }
}

void begin_losses(Network *network) {
  for (int o = 0; o < network->objectives; o++) {
    network->objective[o].total = 0;
    clear_metrics(network->objective + o);
  }
}

double total_loss(const Network *network, int rows) {
  double sum = 0;
  for (int o = 0; o < network->objectives; o++) {
    const Objective *objective = network->objective + (FAULT == last_loss_first ? network->objectives - 1 - o : o);
    double mean = objective->total / rows;
    if (objective->weight != 0) sum = sum + objective->weight * mean;
  }
  return sum;
}

/* Which values are before others, by number: inputs first, then operations. */
typedef struct {
  bool inputs[MOST_INPUTS], operations[256];
} Marks;

static void mark(Marks *marks, int source) {
  if (source < 0) marks->inputs[-1 - source] = true;
  else marks->operations[source] = true;
}

static void mark_before(const Network *network, Marks *marks) {
  for (int k = network->operations - 1; k >= 0; k--) {
    const Operation *operation = network->operation + k;
    for (int i = 0; marks->operations[k] && i < operation->count; i++) mark(marks, operation->inputs[i]);
  }
}

/* Values that the statistics of a batch depend on. */
static Marks before_statistics(const Network *network) {
  Marks marks = {0};
  for (int k = 0; k < network->operations; k++) {
    const Operation *operation = network->operation + k;
    if (!operation->frozen && is(operation->kind, "batchNormalization")) mark(&marks, operation->inputs[0]);
  }
  mark_before(network, &marks);
  return marks;
}

/* Values that outputs depend on: one mark for each output, and one for penalties on values. */
typedef struct {
  Marks outputs[MOST_OUTPUTS], penalties;
} Readers;

static Readers *find_readers(const Network *network) {
  Readers *readers = zeroed(1, sizeof *readers);
  for (int k = 0; k < network->operations; k++) {
    if (is(network->operation[k].kind, "activityPenalty")) mark(&readers->penalties, k);
  }
  mark_before(network, &readers->penalties);
  for (int o = 0; o < network->objectives; o++) {
    mark(readers->outputs + o, network->objective[o].last);
    mark_before(network, readers->outputs + o);
  }
  return readers;
}

static bool is_before(const Marks *marks, int source) {
  return source < 0 ? marks->inputs[-1 - source] : marks->operations[source];
}

/* Whether a row of a value has weight 0 for all outputs that count for it. */
static bool is_without_weight(const Network *network, const Readers *readers, int source, int vectors,
                              const float *weights) {
  if (vectors == 1 || FAULT == first_weights) return weights[0] == 0;
  bool all = true, some = false, counted = false;
  for (int o = 0; o < network->objectives; o++) {
    counted = counted || (is_before(readers->outputs + o, source) && network->objective[o].weight != 0);
  }
  for (int o = 0; o < network->objectives; o++) {
    bool counts = counted ? network->objective[o].weight != 0 : is_before(&readers->penalties, source);
    if (!counts || !is_before(readers->outputs + o, source)) continue;
    some = true;
    all = all && weights[o] == 0;
  }
  return some && all;
}

static void clear_row(int n, float *x) {
  Lanes sum = {{0}};
  for (int j = 0; j < n; j++) lanes_add(&sum, j, x[j] * x[j]);
  if (!(lanes_total(&sum) < INFINITY)) memset(x, 0, (size_t)n * sizeof(float));
}

/* Rows of weight 0 whose values overflowed become 0 before the backward pass reads them. One row has no statistics. */
void clear_overflow(Network *network, int rows, int vectors, const float *weights) {
  if (vectors == 0) return;
  Marks before = before_statistics(network);
  Readers *readers = find_readers(network);
  for (int i = 0; i < rows; i++) {
    bool alone = rows_of_batch(network, i / network->batch * network->batch, rows) == 1;
    for (int source = -network->inputs; source < network->operations; source++) {
      if (!alone && is_before(&before, source)) continue;
      if (!is_without_weight(network, readers, source, vectors, weights + i * vectors)) continue;
      int n = width_of(network, source);
      clear_row(n, (source < 0 ? network->input[-1 - source].x : network->operation[source].y) + i * n);
    }
  }
  free(readers);
}
