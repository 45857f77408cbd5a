/* Activations and their derivatives: formulas and the order of their operations from docs/numerics.md. */
#include "reference.h"

bool is_by_row(const char *kind) { return is(kind, "softmax") || is(kind, "logSoftmax"); }

static const float SELU_SCALE = (float)1.0507009873554805;
static const float SELU_ALPHA = (float)(1.0507009873554805 * 1.6732632423543772);

static float alpha_of(const Json *activation, double otherwise) {
  return (float)number_of(activation, "alpha", otherwise);
}

static float elu(float x, float alpha, float scale) { return x > 0 ? scale * x : alpha * expm1_f(lesser(x, 0)); }

static float celu(float x, float alpha) {
  float u = x / alpha;
  return u > (FAULT == celu_threshold ? 0 : -2.98023224e-8f) ? x : alpha * expm1_f(lesser(u, 0));
}

static float tanh_softplus(float x, float *n) {
  float e = exp_f(FAULT == mish_above ? x : lesser(x, 20));
  *n = e * (e + 2);
  return *n / (*n + 2);
}

static float value(const char *kind, const Json *activation, float x) {
  float n;
  if (is(kind, "unitStep")) return x > 0 ? 1 : 0;
  if (is(kind, "sigmoid")) return sigmoid_f(x);
  if (is(kind, "tanh")) return tanh_f(x);
  if (is(kind, "relu")) return greater(x, 0);
  if (is(kind, "leakyRelu")) return x > 0 ? x : alpha_of(activation, 0.01) * x;
  if (is(kind, "elu")) return elu(x, alpha_of(activation, 1), 1);
  if (is(kind, "selu")) return elu(x, SELU_ALPHA, SELU_SCALE);
  if (is(kind, "celu")) return celu(x, alpha_of(activation, 1));
  if (is(kind, "swish")) return x * sigmoid_f(x);
  if (is(kind, "gelu")) return (0.5f * x) * (1 + erf_half(x));
  if (is(kind, "tanhGelu")) return x * sigmoid_f(x * (1.5957691216057308f + 0.07135481282553734f * (x * x)));
  if (is(kind, "softplus")) return greater(x, 0) + log1p_f(exp_of_minus_abs(x));
  if (is(kind, "softsign")) return x / (1 + fabsf(x));
  if (is(kind, "mish")) return x * tanh_softplus(x, &n);
  if (is(kind, "hardSigmoid")) return lesser(greater(x * (float)(1.0 / 6.0) + 0.5f, 0), 1);
  if (is(kind, "relu6")) return lesser(greater(x, 0), 6);
  if (is(kind, "hardSwish")) return x * (lesser(greater(x + 3, 0), 6) / 6);
  if (is(kind, "exponential")) return exp_f(x);
  fail("activation unknown", kind);
}

static float slope_of_mish(float x) {
  float c = FAULT == mish_above ? x : lesser(x, 20);
  float e = exp_f(c);
  float n = e * (e + 2);
  float r = 1 / (n + 2);
  float sigmoid = e / (1 + e);
  float rest = (4 * (n + 1)) * (r * r);
  return n * r + c * (sigmoid * rest);
}

static float slope_of_tanh_gelu(float x) {
  float c = FAULT == tanh_gelu_bounds ? x : greater(lesser(x, 12), -12);
  float cubic = 0.07135481282553734f * (c * c);
  float first = 1.5957691216057308f + cubic;
  float e = exp_of_minus_abs(c * first);
  float r = 1 / (1 + e);
  float small = e * r;
  float sigmoid = c < 0 ? small : r;
  return sigmoid + (small * r) * (c * (first + (cubic + cubic)));
}

/* dx = dy f'. Where f' is 0 or 1 by a comparison, dy is taken or not, and never multiplied. */
static float derivative(const char *kind, const Json *activation, float x, float y, float dy) {
  if (is(kind, "unitStep")) return 0;
  if (is(kind, "sigmoid")) return dy * (y * (1 - y));
  if (is(kind, "tanh")) return dy * ((1 - y) * (1 + y));
  if (is(kind, "relu")) return y > 0 ? dy : 0;
  if (is(kind, "leakyRelu")) return dy * (y > 0 ? 1 : alpha_of(activation, 0.01));
  if (is(kind, "elu")) return dy * (y > 0 ? 1 : y + alpha_of(activation, 1));
  if (is(kind, "selu")) return dy * (y > 0 ? SELU_SCALE : y + SELU_ALPHA);
  if (is(kind, "celu")) return dy * (y > 0 ? 1 : y / alpha_of(activation, 1) + 1);
  if (is(kind, "exponential")) return dy * y;
  if (is(kind, "swish")) {
    float s = sigmoid_f(x);
    return dy * (s * (1 + x * (1 - s)));
  }
  if (is(kind, "gelu")) {
    float phi = 0.3989422804f * exp_f(-0.5f * (x * x));
    return dy * (0.5f * (1 + erf_half(x)) + x * phi);
  }
  if (is(kind, "tanhGelu")) return dy * slope_of_tanh_gelu(x);
  if (is(kind, "softplus")) return dy * sigmoid_f(x);
  if (is(kind, "softsign")) {
    float r = 1 / (1 + fabsf(x));
    return dy * (r * r);
  }
  if (is(kind, "mish")) return dy * slope_of_mish(x);
  if (is(kind, "hardSigmoid")) return dy * (x > -3 && x <= 3 ? (float)(1.0 / 6.0) : 0);
  if (is(kind, "relu6")) return x > 0 && x <= 6 ? dy : 0;
  if (is(kind, "hardSwish")) return dy * (x > 3 ? 1 : x > -3 ? x * (float)(1.0 / 3.0) + 0.5f : 0);
  fail("derivative unknown", kind);
}

static float largest(int n, const float *x) {
  float top = -INFINITY;
  for (int j = 0; j < n; j++) top = greater(x[j], top);
  return top;
}

static void softmax(int n, const float *x, float *y) {
  float top = largest(n, x);
  Lanes sum = {{0}};
  for (int j = 0; j < n; j++) {
    y[j] = exp_f(x[j] - top);
    lanes_add(&sum, j, y[j]);
  }
  float total = lanes_total(&sum);
  for (int j = 0; j < n; j++) y[j] = y[j] / total;
}

static void log_softmax(int n, const float *x, float *y) {
  float top = largest(n, x);
  Lanes sum = {{0}};
  for (int j = 0; j < n; j++) lanes_add(&sum, j, exp_f(x[j] - top));
  float logarithm = log_f(lanes_total(&sum));
  for (int j = 0; j < n; j++) y[j] = (x[j] - top) - logarithm;
}

static void softmax_backward(int n, const float *y, const float *dy, float *dx) {
  Lanes sum = {{0}};
  for (int j = 0; j < n; j++) lanes_add(&sum, j, y[j] * dy[j]);
  float dot = lanes_total(&sum);
  for (int j = 0; j < n; j++) dx[j] = y[j] * (dy[j] - dot);
}

static void log_softmax_backward(int n, const float *y, const float *dy, float *dx) {
  Lanes sum = {{0}};
  for (int j = 0; j < n; j++) lanes_add(&sum, j, dy[j]);
  float total = lanes_total(&sum);
  for (int j = 0; j < n; j++) dx[j] = dy[j] - exp_f(y[j]) * total;
}

void activate(const Json *activation, int rows, int width, const float *x, float *y) {
  const char *kind = kind_of(activation, "linear");
  if (is_by_row(kind)) {
    for (int i = 0; i < rows; i++) (is(kind, "softmax") ? softmax : log_softmax)(width, x + i * width, y + i * width);
    return;
  }
  for (int i = 0; i < rows * width; i++) y[i] = value(kind, activation, x[i]);
}

void activate_backward(const Json *activation, int rows, int width, const float *x, const float *y, const float *dy,
                       float *dx) {
  const char *kind = kind_of(activation, "linear");
  if (is_by_row(kind)) {
    for (int i = 0; i < rows; i++) {
      int at = i * width;
      (is(kind, "softmax") ? softmax_backward : log_softmax_backward)(width, y + at, dy + at, dx + at);
    }
    return;
  }
  for (int i = 0; i < rows * width; i++) dx[i] = derivative(kind, activation, x[i], y[i], dy[i]);
}
