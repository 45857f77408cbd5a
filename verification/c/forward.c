/* The forward pass: what each operation makes of its inputs. */
#include "reference.h"

static void affine(const Network *network, Operation *operation, int rows, const float *x) {
  const float *w = network->parameter[operation->parameter[0]].value;
  const float *b = operation->parameter[1] < 0 ? NULL : network->parameter[operation->parameter[1]].value;
  for (int i = 0; i < rows; i++) {
    for (int u = 0; u < operation->out; u++) {
      float sum = b == NULL || FAULT == bias_last ? 0 : b[u];
      for (int k = 0; k < operation->in; k++) {
        float left = x[i * operation->in + k], right = w[u * operation->in + k];
        sum = FAULT == fused_product && k == 1 ? fmaf(left, right, sum) : sum + left * right;
      }
      operation->y[i * operation->out + u] = FAULT == bias_last && b != NULL ? sum + b[u] : sum;
    }
  }
}

static void prelu(const Network *network, Operation *operation, int rows, const float *x) {
  const float *slope = network->parameter[operation->parameter[0]].value;
  for (int i = 0; i < rows * operation->out; i++) {
    operation->y[i] = x[i] > 0 ? x[i] : slope[i % operation->out] * x[i];
  }
}

static void largest_pieces(Operation *operation, int rows, const float *x) {
  int pieces = operation->in / operation->out;
  for (int i = 0; i < rows * operation->out; i++) {
    float best = x[i * pieces];
    for (int j = 1; j < pieces; j++) best = x[i * pieces + j] > best ? x[i * pieces + j] : best;
    operation->y[i] = best;
  }
}

static const double ALPHA = 1.7580993408473766;

/* Dropout and noise in training, forward and, but for the noise that is added, backward: y of x. */
static void draw(const Network *network, const Operation *operation, int rows, const float *x, float *y, bool back) {
  const char *kind = operation->kind;
  int n = operation->out;
  double rate = number_of(operation->config, is(kind, "gaussianNoise") ? "stddev" : "rate", 0);
  bool normal = is(kind, "gaussianNoise") || is(kind, "gaussianDropout"), alpha = is(kind, "alphaDropout");
  double scale = alpha ? 1 / sqrt((ALPHA * ALPHA * rate + 1) * (1 - rate)) : 1 / (1 - rate);
  double shift = (ALPHA * scale) * rate;
  float dropped = (float)(shift - ALPHA * scale);
  if (FAULT == dropped_in_single) dropped = (float)shift - (float)ALPHA * (float)scale;
  float deviation = (float)(is(kind, "gaussianNoise") ? rate : sqrt(rate / (1 - rate)));
  uint32_t node = (uint32_t)(operation - network->operation);
  for (int i = 0; i < rows; i++) {
    uint32_t row = (uint32_t)(FAULT == mask_counter && i > 0 ? i - 1 : i);
    Source source = {network->seed, normal ? STREAM_NOISE : STREAM_MASK, row, node, (uint32_t)network->updates};
    for (int j = 0; j < n; j++) {
      float value = x[i * n + j], *to = y + i * n + j;
      if (rate == 0) *to = value;
      else if (is(kind, "gaussianNoise")) *to = back ? value : value + random_normal(&source, (uint32_t)j, deviation);
      else if (normal) *to = value * (1 + random_normal(&source, (uint32_t)j, deviation));
      else {
        bool kept = random_unit(&source, (uint32_t)j) >= (float)rate;
        float moved = value * (float)scale;
        if (alpha && !back) *to = kept ? moved + (float)shift : dropped;
        else *to = kept ? moved : 0;
      }
    }
  }
}

static bool is_random(const char *kind) {
  return is(kind, "dropout") || is(kind, "alphaDropout") || is(kind, "gaussianDropout") || is(kind, "gaussianNoise");
}

void draw_again(const Network *network, const Operation *operation, int rows, float *dx) {
  draw(network, operation, rows, operation->dy, dx, true);
}

static void merge(const Network *network, Operation *operation, int rows) {
  const char *kind = operation->kind;
  int n = operation->out, begin = 0;
  for (int k = 0; k < operation->count; k++) {
    const float *x = input_of(network, operation, k);
    if (is(kind, "concatenate")) {
      int width = width_of(network, operation->inputs[k]);
      for (int i = 0; i < rows; i++) memcpy(operation->y + i * n + begin, x + i * width, (size_t)width * sizeof(float));
      begin += width;
      continue;
    }
    for (int i = 0; i < rows * n; i++) {
      float *y = operation->y + i;
      if (k == 0) *y = x[i];
      else if (is(kind, "multiply")) *y = *y * x[i];
      else if (is(kind, "subtract")) *y = *y - x[i];
      else if (is(kind, "maximum")) *y = ieee_max(*y, x[i]);
      else if (is(kind, "minimum")) *y = ieee_min(*y, x[i]);
      else *y = *y + x[i];
      if (is(kind, "average") && k == operation->count - 1) *y = *y / (float)operation->count;
    }
  }
}

/* The products of two rows, and their squares if they are normalized: sums in float64, values in order. */
typedef struct {
  double both, norm, other; /* a b, |a| and |b| */
  bool none;
} Pair;

static Pair pair_of(int n, const float *a, const float *b) {
  double both = 0, of_a = 0, of_b = 0;
  for (int j = 0; j < n; j++) {
    both = both + (double)a[j] * b[j];
    of_a = of_a + (double)a[j] * a[j];
    of_b = of_b + (double)b[j] * b[j];
  }
  Pair pair = {both, sqrt(of_a), sqrt(of_b), false};
  double least = FAULT == norm_threshold ? 1e-2f : 1e-8f;
  pair.none = pair.norm <= least || pair.other <= least;
  return pair;
}

static void dot(const Network *network, Operation *operation, int rows) {
  int n = operation->in;
  for (int i = 0; i < rows; i++) {
    Pair p = pair_of(n, input_of(network, operation, 0) + i * n, input_of(network, operation, 1) + i * n);
    bool normalize = flag_of(operation->config, "normalize", false);
    operation->y[i] = !normalize ? (float)p.both : p.none ? 0 : (float)(p.both / (p.norm * p.other));
  }
}

void dot_backward(const Network *network, const Operation *operation, int rows, int which, float *dx) {
  int n = operation->in;
  for (int i = 0; i < rows; i++) {
    const float *a = input_of(network, operation, which) + i * n, *b = input_of(network, operation, 1 - which) + i * n;
    Pair p = pair_of(n, a, b);
    double scale = operation->dy[i] / p.norm, share = p.both / (p.norm * p.other) / p.norm;
    for (int j = 0; j < n; j++) {
      float *to = dx + i * n + j;
      if (!flag_of(operation->config, "normalize", false)) *to = operation->dy[i] * b[j];
      else *to = p.none ? 0 : (float)((b[j] / p.other - share * a[j]) * scale);
    }
  }
}

static void run(Network *network, Operation *operation, int rows, bool training) {
  const char *kind = operation->kind;
  const float *x = input_of(network, operation, 0);
  int values = rows * operation->out;
  if (is(kind, "affine")) affine(network, operation, rows, x);
  else if (is(kind, "activation")) activate(operation->config, rows, operation->out, x, operation->y);
  else if (is(kind, "prelu")) prelu(network, operation, rows, x);
  else if (is(kind, "maxPieces")) largest_pieces(operation, rows, x);
  else if (strstr(kind, "ormalization") != NULL) normalize_forward(network, operation, rows, x, training);
  else if (is(kind, "embedding")) embed(network, operation, rows, x);
  else if (is(kind, "dot")) dot(network, operation, rows);
  else if (is(kind, "rescaling")) {
    float scale = (float)number_of(operation->config, "scale", 1), shift = (float)number_of(operation->config, "offset", 0);
    for (int i = 0; i < values; i++) operation->y[i] = x[i] * scale + shift;
  } else if (is_random(kind) && training) draw(network, operation, rows, x, operation->y, false);
  else if (is_random(kind) || is(kind, "activityPenalty") || is(kind, "identity")) {
    memcpy(operation->y, x, (size_t)values * sizeof(float));
  } else merge(network, operation, rows);
}

static void run_all(Network *network, int rows, bool training) {
  for (int k = 0; k < network->operations; k++) run(network, network->operation + k, rows, training);
}

/* A last batch of one row takes the running statistics, which the batches of the update before it have moved. */
void forward(Network *network, int rows, bool training) {
  run_all(network, rows, training);
  if (!training || network->holds_statistics) return;
  move_statistics(network, rows);
  if (rows > network->batch && rows % network->batch == 1) run_all(network, rows, true);
}

double add_value_penalties(const Network *network, int first, int rows, double total) {
  for (int k = 0; k < network->operations; k++) {
    const Operation *operation = network->operation + k;
    if (!is(operation->kind, "activityPenalty")) continue;
    double l1 = number_of(operation->config, "l1", 0), l2 = number_of(operation->config, "l2", 0), sum = 0;
    for (int i = first * operation->out; i < (first + rows) * operation->out; i++) {
      double value = operation->y[i];
      if (l1 != 0) sum = sum + l1 * fabs(value);
      if (l2 != 0 && FAULT != penalty_terms) sum = sum + (l2 / 2) * (value * value);
    }
    for (int i = first * operation->out; FAULT == penalty_terms && i < (first + rows) * operation->out; i++) {
      sum = sum + (l2 / 2) * ((double)operation->y[i] * operation->y[i]);
    }
    total = total + sum;
  }
  return total;
}
