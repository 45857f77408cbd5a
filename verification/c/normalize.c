/* Batch, layer and root mean square normalization, and the standardization of inputs. */
#include "reference.h"

static float inverse_deviation(float variance, float epsilon) {
  float square = variance + epsilon;
  return square == 0 ? 1 : 1 / sqrtf(square);
}

static const float *values_of(const Network *network, const Operation *operation, int which) {
  int index = operation->parameter[which];
  return index < 0 ? NULL : network->parameter[index].value;
}

static float *gradient_of(const Network *network, const Operation *operation, int which) {
  int index = operation->parameter[which];
  return index < 0 ? NULL : network->parameter[index].gradient;
}

/* What the sums over rows are made of. */
typedef struct {
  int n;
  const float *x, *dy, *center;
} Columns;

static float x_term(const void *context, int i, int j) {
  const Columns *c = context;
  return c->x[i * c->n + j];
}
static float distance_term(const void *context, int i, int j) {
  const Columns *c = context;
  return c->x[i * c->n + j] - c->center[j];
}
static float square_term(const void *context, int i, int j) {
  float d = distance_term(context, i, j);
  return d * d;
}
static float dy_term(const void *context, int i, int j) {
  const Columns *c = context;
  return c->dy[i * c->n + j];
}
static float product_term(const void *context, int i, int j) {
  return dy_term(context, i, j) * distance_term(context, i, j);
}
static float dy_distance_term(const void *context, int i, int j) {
  const Columns *c = context;
  return c->dy[i * c->n + j] - c->center[j];
}
static float plain_product_term(const void *context, int i, int j) {
  return dy_term(context, i, j) * x_term(context, i, j);
}

/* The statistics of batch number `batch` of an update. */
static void moments(Operation *operation, int batch, int rows, const float *x) {
  int n = operation->out, at = batch * n;
  float count = (float)rows;
  float *c = zeroed((size_t)n, sizeof(float)), *s = zeroed((size_t)n, sizeof(float));
  float *q = zeroed((size_t)n, sizeof(float));
  Columns columns = {n, x, NULL, c};
  sum_over_rows(rows, n, x_term, &columns, c);
  for (int j = 0; j < n; j++) c[j] = c[j] / count;
  sum_over_rows(rows, n, distance_term, &columns, s);
  sum_over_rows(rows, n, square_term, &columns, q);
  for (int j = 0; j < n; j++) {
    float off = s[j] / count;
    float nearest = c[j] + off;
    float excess = q[j] < INFINITY && FAULT != unbiased_rest ? s[j] * off : 0;
    operation->mean[at + j] = nearest;
    operation->rest[at + j] = (c[j] - nearest) + off;
    operation->variance[at + j] = ieee_max(0, (q[j] - excess) / count);
  }
  free(c);
  free(s);
  free(q);
}

static void scale_columns(int rows, int n, const float *x, const float *mean, const float *variance, const float *gamma,
                          const float *beta, float epsilon, float *y) {
  for (int j = 0; j < n; j++) {
    float scale = (gamma == NULL ? 1 : gamma[j]) * inverse_deviation(variance[j], epsilon);
    float shift = beta == NULL ? 0 : beta[j];
    for (int i = 0; i < rows; i++) y[i * n + j] = (x[i * n + j] - mean[j]) * scale + shift;
  }
}

/* The mean of a row and its r = 1/sqrt(variance + epsilon); of rmsNormalization the mean is 0. */
static float row_deviation(int n, const float *x, bool centered, float epsilon, float *mean) {
  Lanes sum = {{0}}, squares = {{0}};
  for (int j = 0; j < n; j++) lanes_add(&sum, j, x[j]);
  *mean = centered ? lanes_total(&sum) / (float)n : 0;
  for (int j = 0; j < n; j++) {
    float d = centered ? x[j] - *mean : x[j];
    lanes_add(&squares, j, d * d);
  }
  return inverse_deviation(lanes_total(&squares) / (float)n, epsilon);
}

static float epsilon_of(const Operation *operation) {
  if (is(operation->kind, "normalization")) return 0;
  return (float)number_of(operation->config, "epsilon", is(operation->kind, "rmsNormalization") ? 1e-6 : 1e-5);
}

static void move_by_batch(Network *network, const Operation *operation, int batch, int rows) {
  int at = batch * operation->out;
  float rate = (float)(1 - number_of(operation->config, "momentum", 0.9));
  float unbiased = (float)((double)rows / (rows - 1));
  float *mean = network->parameter[operation->parameter[2]].value;
  float *variance = network->parameter[operation->parameter[3]].value;
  for (int j = 0; j < operation->out; j++) {
    mean[j] = mean[j] + rate * (operation->mean[at + j] - mean[j]);
    variance[j] = variance[j] + rate * (unbiased * operation->variance[at + j] - variance[j]);
  }
}

/* The running statistics move after each batch that has statistics of its own, operation after operation. */
static void move_of(Network *network, int first_operation, int end, int rows) {
  for (int first = 0, batch = 0; first < rows; first += network->batch, batch++) {
    int count = rows_of_batch(network, first, rows);
    for (int k = first_operation; k < end && count > 1; k++) {
      const Operation *operation = network->operation + k;
      bool moves = is(operation->kind, "batchNormalization") && !operation->frozen;
      if (moves) move_by_batch(network, operation, batch, count);
    }
  }
}

void move_statistics(Network *network, int rows) {
  if (FAULT != statistics_of_place) move_of(network, 0, network->operations, rows);
  for (int k = 0; FAULT == statistics_of_place && k < network->operations; k++) move_of(network, k, k + 1, rows);
}

static void normalize_columns(Network *network, Operation *operation, int rows, const float *x, bool of_batch) {
  int n = operation->out;
  float epsilon = epsilon_of(operation);
  const float *gamma = values_of(network, operation, 0), *beta = values_of(network, operation, 1);
  const float *mean = values_of(network, operation, 2), *variance = values_of(network, operation, 3);
  for (int first = 0, batch = 0; first < rows; first += network->batch, batch++) {
    int count = rows_of_batch(network, first, rows), at = batch * n;
    const float *from = x + first * n;
    float *to = operation->y + first * n;
    if (!of_batch || count == 1) {
      scale_columns(count, n, from, mean, variance, gamma, beta, epsilon, to);
      continue;
    }
    moments(operation, batch, count, from);
    scale_columns(count, n, from, operation->mean + at, operation->variance + at, gamma, beta, epsilon, to);
  }
}

void normalize_forward(Network *network, Operation *operation, int rows, const float *x, bool training) {
  int n = operation->out;
  float epsilon = epsilon_of(operation);
  const float *gamma = values_of(network, operation, 0), *beta = values_of(network, operation, 1);
  bool by_batches = is(operation->kind, "batchNormalization");
  if (by_batches || is(operation->kind, "normalization")) {
    normalize_columns(network, operation, rows, x, by_batches && training && !operation->frozen);
    return;
  }
  bool centered = is(operation->kind, "layerNormalization");
  for (int i = 0; i < rows; i++) {
    float mean, r = row_deviation(n, x + i * n, centered, epsilon, &mean);
    for (int j = 0; j < n; j++) {
      float v = (centered ? x[i * n + j] - mean : x[i * n + j]) * r;
      if (gamma != NULL) v = v * gamma[j];
      operation->y[i * n + j] = centered ? v + (beta == NULL ? 0 : beta[j]) : v;
    }
  }
}

/* A part of an update: one of its batches. */
typedef struct {
  int first, rows, number;
} Part;

/* Adds a sum of the batch to those of the batches before it. */
static void add_to_gradient(const Part *part, int j, float value, float *gradient) {
  if (gradient != NULL) gradient[j] = part->number == 0 ? value : gradient[j] + value;
}

/* A batch of one row is normalized by constants. */
static void backward_of_one(Network *network, Operation *operation, const Part *part, const float *all, float epsilon,
                            float *all_dx) {
  int n = operation->out;
  const float *x = all + part->first * n, *dy = operation->dy + part->first * n;
  float *dx = all_dx + part->first * n;
  const float *gamma = values_of(network, operation, 0);
  const float *mean = values_of(network, operation, 2), *variance = values_of(network, operation, 3);
  float *dgamma = gradient_of(network, operation, 0), *dbeta = gradient_of(network, operation, 1);
  for (int j = 0; j < n; j++) {
    float r = inverse_deviation(variance[j], epsilon);
    add_to_gradient(part, j, ((x[j] - mean[j]) * r + 0) * dy[j], dgamma);
    add_to_gradient(part, j, dy[j], dbeta);
    dx[j] = dy[j] * r;
    if (gamma != NULL) dx[j] = dx[j] * gamma[j];
  }
}

/* A frozen layer is a scaling by constants. */
static void backward_of_frozen(Network *network, Operation *operation, int rows, float epsilon, float *dx) {
  const float *gamma = values_of(network, operation, 0), *variance = values_of(network, operation, 3);
  float *zeros = zeroed((size_t)operation->out, sizeof(float));
  scale_columns(rows, operation->out, operation->dy, zeros, variance, gamma, NULL, epsilon, dx);
  free(zeros);
}

static void backward_of_batch(Network *network, Operation *operation, const Part *part, const float *all, float epsilon,
                              float *all_dx) {
  int n = operation->out, rows = part->rows;
  float count = (float)rows;
  const float *x = all + part->first * n, *dy = operation->dy + part->first * n;
  const float *mean = operation->mean + part->number * n, *variance = operation->variance + part->number * n;
  float *dx = all_dx + part->first * n;
  const float *gamma = values_of(network, operation, 0);
  float *dgamma = gradient_of(network, operation, 0), *dbeta = gradient_of(network, operation, 1);
  float *a = zeroed((size_t)n, sizeof(float)), *b = zeroed((size_t)n, sizeof(float));
  float *k = zeroed((size_t)n, sizeof(float)), *e = zeroed((size_t)n, sizeof(float));
  Columns columns = {n, x, dy, mean};
  sum_over_rows(rows, n, dy_term, &columns, a);
  sum_over_rows(rows, n, product_term, &columns, b);
  for (int j = 0; j < n; j++) k[j] = a[j] / count;
  Columns around = {n, x, dy, k};
  sum_over_rows(rows, n, dy_distance_term, &around, e);
  for (int j = 0; j < n; j++) {
    float r = inverse_deviation(variance[j], epsilon), rest = operation->rest[part->number * n + j];
    float of_gamma = (b[j] - a[j] * rest) * r;
    add_to_gradient(part, j, a[j], dbeta);
    add_to_gradient(part, j, of_gamma, dgamma);
    float w = (of_gamma / count) * r;
    float q = e[j] / count - rest * w;
    float scale = (gamma == NULL ? 1 : gamma[j]) * r;
    for (int i = 0; i < rows; i++) {
      int at = i * n + j;
      dx[at] = scale * (((dy[at] - k[j]) - q) - (x[at] - mean[j]) * w);
    }
  }
  free(a);
  free(b);
  free(k);
  free(e);
}

static void backward_of_batches(Network *network, Operation *operation, int rows, const float *x, float epsilon,
                                float *dx) {
  Part part = {0};
  for (; part.first < rows; part.first += part.rows, part.number++) {
    part.rows = rows_of_batch(network, part.first, rows);
    (part.rows == 1 ? backward_of_one : backward_of_batch)(network, operation, &part, x, epsilon, dx);
  }
}

static void backward_of_rows(Network *network, Operation *operation, int rows, const float *x, float epsilon,
                             float *dx) {
  int n = operation->out;
  bool centered = is(operation->kind, "layerNormalization");
  const float *gamma = values_of(network, operation, 0), *dy = operation->dy;
  float *dgamma = gradient_of(network, operation, 0), *dbeta = gradient_of(network, operation, 1);
  float *normal = zeroed((size_t)rows * (size_t)n, sizeof(float));
  for (int i = 0; i < rows; i++) {
    float mean, r = row_deviation(n, x + i * n, centered, epsilon, &mean);
    Lanes sum = {{0}}, dot = {{0}};
    for (int j = 0; j < n; j++) {
      int at = i * n + j;
      normal[at] = (centered ? x[at] - mean : x[at]) * r;
      float g = gamma == NULL ? dy[at] : dy[at] * gamma[j];
      lanes_add(&sum, j, g);
      lanes_add(&dot, j, g * normal[at]);
    }
    float a = lanes_total(&sum) / (float)n, b = lanes_total(&dot) / (float)n;
    for (int j = 0; j < n; j++) {
      int at = i * n + j;
      float g = gamma == NULL ? dy[at] : dy[at] * gamma[j];
      dx[at] = r * ((centered ? g - a : g) - normal[at] * b);
    }
  }
  Columns columns = {n, normal, dy, NULL};
  if (dgamma != NULL) sum_over_rows(rows, n, plain_product_term, &columns, dgamma);
  if (dbeta != NULL) sum_over_rows(rows, n, dy_term, &columns, dbeta);
  free(normal);
}

void normalize_backward(Network *network, Operation *operation, int rows, const float *x, float *dx) {
  float epsilon = epsilon_of(operation);
  if (is(operation->kind, "normalization")) {
    const float *variance = values_of(network, operation, 3);
    for (int i = 0; i < rows * operation->out; i++) {
      dx[i] = operation->dy[i] * inverse_deviation(variance[i % operation->out], epsilon);
    }
  } else if (!is(operation->kind, "batchNormalization")) {
    backward_of_rows(network, operation, rows, x, epsilon, dx);
  } else if (operation->frozen) backward_of_frozen(network, operation, rows, epsilon, dx);
  else backward_of_batches(network, operation, rows, x, epsilon, dx);
}
