/* The backward pass: gradients of parameters, and what each operation hands to its inputs. */
#include "reference.h"

void dot_backward(const Network *network, const Operation *operation, int rows, int which, float *dx);
void draw_again(const Network *network, const Operation *operation, int rows, float *dx);

typedef struct {
  int in, out;
  const float *x, *dy;
} Affine;

static float weight_term(const void *context, int row, int column) {
  const Affine *a = context;
  return a->dy[row * a->out + column / a->in] * a->x[row * a->in + column % a->in];
}

static float bias_term(const void *context, int row, int column) {
  const Affine *a = context;
  return a->dy[row * a->out + column];
}

/* dy min(x, 0) */
static float slope_term(const void *context, int row, int column) {
  const Affine *a = context;
  float x = a->x[row * a->out + column];
  return x > 0 ? 0 : a->dy[row * a->out + column] * x;
}

static void affine(Network *network, Operation *operation, int rows, const float *x, float *dx) {
  int in = operation->in, out = operation->out;
  const Parameter *weight = network->parameter + operation->parameter[0];
  Affine sums = {in, out, x, operation->dy};
  sum_over_rows(rows, in * out, weight_term, &sums, weight->gradient);
  if (operation->parameter[1] >= 0) {
    sum_over_rows(rows, out, bias_term, &sums, network->parameter[operation->parameter[1]].gradient);
  }
  for (int i = 0; i < rows; i++) {
    for (int k = 0; k < in; k++) {
      float sum = 0;
      for (int u = 0; u < out; u++) sum = sum + operation->dy[i * out + u] * weight->value[u * in + k];
      dx[i * in + k] = sum;
    }
  }
}

static void prelu(Network *network, Operation *operation, int rows, const float *x, float *dx) {
  int n = operation->out;
  const Parameter *slope = network->parameter + operation->parameter[0];
  Affine sums = {n, n, x, operation->dy};
  sum_over_rows(rows, n, slope_term, &sums, slope->gradient);
  for (int i = 0; i < rows * n; i++) {
    dx[i] = x[i] > 0 ? operation->dy[i] : slope->value[i % n] * operation->dy[i];
  }
}

static void pieces(Operation *operation, int rows, const float *x, float *dx) {
  int count = operation->in / operation->out;
  memset(dx, 0, (size_t)(rows * operation->in) * sizeof(float));
  for (int i = 0; i < rows * operation->out; i++) {
    int best = i * count;
    for (int j = best + 1; j < (i + 1) * count; j++) best = x[j] > x[best] ? j : best;
    dx[best] = operation->dy[i];
  }
}

static void penalty(const Network *network, Operation *operation, int rows, float *dx) {
  double own1 = number_of(operation->config, "l1", 0), own2 = number_of(operation->config, "l2", 0);
  float count = (float)(FAULT == penalty_of_batch ? rows_of_batch(network, 0, rows) : rows);
  float l1 = FAULT == penalty_in_double ? (float)(own1 / count) : (float)own1 / count;
  float l2 = FAULT == penalty_in_double ? (float)(own2 / count) : (float)own2 / count;
  bool none = own1 == 0 && own2 == 0;
  for (int i = 0; i < rows * operation->out; i++) {
    float y = operation->y[i], dy = operation->dy[i];
    float pull = y == 0 ? 0 : copysignf(l1, y);
    dx[i] = none ? dy : dy + (pull + l2 * y);
  }
}

static void merge(Network *network, Operation *operation, int rows, int which, float *dx) {
  const char *kind = operation->kind;
  const float *dy = operation->dy, *y = operation->y;
  int n = operation->out, count = operation->count;
  if (is(kind, "concatenate")) {
    int begin = 0, width = 0;
    for (int k = 0; k <= which; k++) {
      begin += width;
      width = width_of(network, operation->inputs[k]);
    }
    for (int i = 0; i < rows; i++) memcpy(dx + i * width, dy + i * n + begin, (size_t)width * sizeof(float));
    return;
  }
  for (int i = 0; i < rows * n; i++) {
    float own = input_of(network, operation, which)[i], ties = 0;
    if (is(kind, "average")) dx[i] = dy[i] / (float)count;
    else if (is(kind, "subtract") && which == 1) dx[i] = dy[i] * -1 + 0;
    else if (is(kind, "multiply")) {
      dx[i] = dy[i];
      for (int k = 0; k < count; k++) {
        if (k != which) dx[i] = dx[i] * input_of(network, operation, k)[i];
      }
    } else if (is(kind, "maximum") || is(kind, "minimum")) {
      for (int k = 0; k < count; k++) ties += input_of(network, operation, k)[i] == y[i] || isnan(y[i]);
      dx[i] = own == y[i] || isnan(y[i]) ? dy[i] / ties : 0;
    } else dx[i] = dy[i];
  }
}

static void run(Network *network, Operation *operation, int rows, int which, float *dx) {
  const char *kind = operation->kind;
  const float *x = input_of(network, operation, 0);
  int values = rows * operation->out;
  if (is(kind, "affine")) affine(network, operation, rows, x, dx);
  else if (is(kind, "activation")) {
    activate_backward(operation->config, rows, operation->out, x, operation->y, operation->dy, dx);
  } else if (is(kind, "prelu")) prelu(network, operation, rows, x, dx);
  else if (is(kind, "maxPieces")) pieces(operation, rows, x, dx);
  else if (strstr(kind, "ormalization") != NULL) normalize_backward(network, operation, rows, x, dx);
  else if (is(kind, "embedding")) embed_backward(network, operation, rows, x);
  else if (is(kind, "dot")) dot_backward(network, operation, rows, which, dx);
  else if (is(kind, "activityPenalty")) penalty(network, operation, rows, dx);
  else if (is(kind, "rescaling")) {
    float scale = (float)number_of(operation->config, "scale", 1);
    for (int i = 0; i < values; i++) dx[i] = operation->dy[i] * scale + 0;
  } else if (is(kind, "identity")) memcpy(dx, operation->dy, (size_t)values * sizeof(float));
  else if (field(operation->config, "rate") != NULL || field(operation->config, "stddev") != NULL) {
    draw_again(network, operation, rows, dx);
  } else merge(network, operation, rows, which, dx);
}

/* Parameters of an operation, of an embedding all of its tables; those that it does not have are left out. */
static int parameters_of(const Operation *operation, int *list) {
  int count = 0;
  if (is(operation->kind, "embedding") && operation->parameter[1] >= 0) {
    for (int p = operation->parameter[0]; p <= operation->parameter[1]; p++) list[count++] = p;
    return count;
  }
  for (int i = 0; i < 4; i++) {
    if (operation->parameter[i] >= 0) list[count++] = operation->parameter[i];
  }
  return count;
}

/* What an operation hands to an input. Where no loss that counts depends on it, that and its gradients are 0. */
static void run_or_zero(Network *network, Operation *operation, int rows, int which, float *dx) {
  if (operation->counts) run(network, operation, rows, which, dx);
}

/* A parameter of several places has the sum of their gradients: that of the last place, then those before it. */
static void differentiate(Network *network, Operation *operation, int rows, int which, float *dx) {
  int list[256], count = parameters_of(operation, list);
  float *sums[256];
  for (int i = 0; i < count; i++) {
    Parameter *parameter = network->parameter + list[i];
    sums[i] = parameter->gradient;
    parameter->gradient = zeroed((size_t)(parameter->units * parameter->inputs), sizeof(float));
  }
  run_or_zero(network, operation, rows, which, dx);
  for (int i = 0; i < count; i++) {
    Parameter *parameter = network->parameter + list[i];
    float *part = parameter->gradient;
    for (int k = 0; k < parameter->units * parameter->inputs; k++) {
      if (FAULT == first_place && !parameter->has_gradient) parameter->late[k] = part[k];
      else if (!parameter->has_gradient) sums[i][k] = part[k];
      else if (FAULT != last_place) sums[i][k] = sums[i][k] + part[k];
    }
    parameter->gradient = sums[i];
    parameter->has_gradient = true;
    free(part);
  }
}

/* From the last operation to the first; the losses have written the deltas that this begins with. */
void backward(Network *network, int rows) {
  for (int p = 0; p < network->parameters; p++) {
    Parameter *parameter = network->parameter + p;
    size_t size = (size_t)(parameter->units * parameter->inputs);
    parameter->has_gradient = false;
    memset(parameter->late, 0, size * sizeof(float));
    if (FAULT == first_place) memset(parameter->gradient, 0, size * sizeof(float));
  }
  for (int k = network->operations - 1; k >= 0; k--) {
    Operation *operation = network->operation + k;
    if (!operation->has_delta) continue;
    for (int which = 0; which < operation->count; which++) {
      int from = operation->inputs[which];
      int width = width_of(network, from);
      float *dx = zeroed((size_t)(rows * width), sizeof(float));
      differentiate(network, operation, rows, which, dx);
      if (from >= 0) {
        Operation *input = network->operation + from;
        for (int i = 0; i < rows * width; i++) input->dy[i] = input->has_delta ? input->dy[i] + dx[i] : dx[i];
        input->has_delta = true;
      }
      free(dx);
    }
  }
  for (int p = 0; FAULT == first_place && p < network->parameters; p++) {
    Parameter *q = network->parameter + p;
    for (int i = 0; i < q->units * q->inputs; i++) q->gradient[i] = q->gradient[i] + q->late[i];
  }
}
