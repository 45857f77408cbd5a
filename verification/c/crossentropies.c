/* Cross-entropies and focal losses, from logits and from the outputs of any activation. */
#include "reference.h"

static const float EPSILON = 1e-7f;

const char *activation_within(const Json *loss) {
  const char *kind = kind_of(loss, "");
  if (flag_of(loss, "fromLogits", false)) return NULL;
  if (is(kind, "binaryCrossentropy") || is(kind, "binaryFocalCrossentropy")) return "sigmoid";
  if (is(kind, "categoricalCrossentropy") || is(kind, "sparseCategoricalCrossentropy")) return "softmax";
  if (is(kind, "kullbackLeibler") || is(kind, "categoricalFocalCrossentropy")) return "softmax";
  return NULL;
}

static float entropy_of_logit(float z, float t) { return (greater(z, 0) - z * t) + log1p_f(exp_of_minus_abs(z)); }

static float mean_of(int n, float sum, float scaled) {
  if (fabsf(sum) < INFINITY || !(scaled < INFINITY)) return sum / (float)n;
  return ieee_min((scaled / (float)n) * 18446744073709551616.0f, FLT_MAX);
}

static void binary_of_logits(const Batch *batch) {
  int n = batch->width;
  float scale = 1 / ((float)n * batch->count);
  for (int i = 0; i < batch->rows; i++) {
    Lanes sum = {{0}}, scaled = {{0}};
    for (int j = 0; j < n; j++) {
      float z = batch->y[i * n + j], t = batch->t[i * n + j];
      float loss = entropy_of_logit(z, t);
      lanes_add(&sum, j, loss);
      lanes_add(&scaled, j, loss * 5.421010862427522e-20f);
      batch->dy[i * n + j] = (sigmoid_f(z) - t) * scale;
    }
    batch->loss[i] = mean_of(n, lanes_total(&sum), lanes_total(&scaled));
  }
}

static void binary_of_outputs(const Batch *batch) {
  int n = batch->width;
  float scale = 1 / ((float)n * batch->count), high = 1 - EPSILON;
  for (int i = 0; i < batch->rows; i++) {
    Lanes sum = {{0}};
    for (int j = 0; j < n; j++) {
      float y = batch->y[i * n + j], t = batch->t[i * n + j];
      float p = greater(lesser(y, high), EPSILON);
      float q = 1 - p;
      lanes_add(&sum, j, -(t * log_f(p) + (1 - t) * log_f(q)));
      batch->dy[i * n + j] = y > EPSILON && y < high ? ((p - t) / (p * q)) * scale : 0;
    }
    batch->loss[i] = lanes_total(&sum) / (float)n;
  }
}

/* The largest logit of a row, and the sum of e^(z - largest). */
static float sum_of_powers(int n, const float *z, float *top) {
  *top = -INFINITY;
  for (int j = 0; j < n; j++) *top = greater(z[j], *top);
  Lanes sum = {{0}};
  for (int j = 0; j < n; j++) lanes_add(&sum, j, exp_f(z[j] - *top));
  return lanes_total(&sum);
}

static void categorical_of_logits(const Batch *batch) {
  int n = batch->width;
  float scale = 1 / batch->count;
  for (int i = 0; i < batch->rows; i++) {
    const float *z = batch->y + i * n, *t = batch->t + i * n;
    float top, sum = sum_of_powers(n, z, &top);
    Lanes linear = {{0}}, mass = {{0}};
    for (int j = 0; j < n; j++) {
      lanes_add(&linear, j, t[j] * (top - z[j]));
      lanes_add(&mass, j, t[j]);
    }
    float line = lanes_total(&linear), total = lanes_total(&mass);
    if (!(fabsf(line) < INFINITY)) {
      double wide = 0;
      for (int j = 0; j < n; j++) {
        if (t[j] != 0) wide = wide + (double)t[j] * ((double)top - z[j]);
      }
      line = (float)wide;
    }
    batch->loss[i] = line + total * log_f(sum);
    for (int j = 0; j < n; j++) {
      float y = exp_f(z[j] - top) / sum;
      batch->dy[i * n + j] = (y * total - t[j]) * scale;
    }
  }
}

static void categorical_of_outputs(const Batch *batch) {
  int n = batch->width;
  float scale = 1 / batch->count;
  for (int i = 0; i < batch->rows; i++) {
    const float *y = batch->y + i * n, *t = batch->t + i * n;
    float *dy = batch->dy + i * n;
    Lanes all = {{0}}, sum = {{0}}, mass = {{0}};
    for (int j = 0; j < n; j++) lanes_add(&all, j, y[j]);
    float whole = lanes_total(&all), divisor = whole == 0 ? 1 : whole;
    for (int j = 0; j < n; j++) {
      float share = y[j] / divisor;
      float held = greater(lesser(share, 1), EPSILON);
      bool inside = share > EPSILON && share <= 1;
      lanes_add(&sum, j, -(t[j] * log_f(held)));
      lanes_add(&mass, j, inside ? t[j] : 0);
      dy[j] = inside ? t[j] / y[j] : 0;
    }
    batch->loss[i] = lanes_total(&sum);
    float part = whole == 0 ? 0 : lanes_total(&mass) / whole;
    for (int j = 0; j < n; j++) dy[j] = (part - dy[j]) * scale;
  }
}

static void add_entropy_of_targets(const Batch *batch) {
  int n = batch->width;
  for (int i = 0; i < batch->rows; i++) {
    Lanes sum = {{0}};
    for (int j = 0; j < n; j++) {
      float t = batch->t[i * n + j];
      lanes_add(&sum, j, t > 0 ? t * log_f(t) : 0);
    }
    batch->loss[i] = batch->loss[i] + lanes_total(&sum);
  }
}

static float power_f(float base, float gamma) { return exp_f(gamma * log_f(greater(base, 1.17549435e-38f))); }
static float quotient(float a, float b) { return b == 0 ? 0 : a / b; }

static void binary_focal(const Batch *batch, bool of_logits, float gamma, float alpha, float beta) {
  int n = batch->width;
  float scale = 1 / ((float)n * batch->count), high = 1 - EPSILON;
  for (int i = 0; i < batch->rows; i++) {
    Lanes sum = {{0}};
    for (int j = 0; j < n; j++) {
      float y = batch->y[i * n + j], t = batch->t[i * n + j], rest = 1 - t, p, q, entropy;
      if (of_logits) {
        float e = exp_of_minus_abs(y), small = e / (1 + e), large = 1 - small;
        p = y < 0 ? small : large;
        q = y < 0 ? large : small;
        entropy = entropy_of_logit(y, t);
      } else {
        p = greater(lesser(y, high), EPSILON);
        q = 1 - p;
        entropy = -(t * log_f(p) + rest * log_f(q));
      }
      float wrong = t * q + rest * p;
      float weight = (t * alpha + rest * beta) * power_f(wrong, gamma);
      lanes_add(&sum, j, weight * entropy);
      float slope = of_logits ? (gamma * ((rest - t) * quotient(p * q, wrong))) * entropy + (p - t)
                              : gamma * (((rest - t) * entropy) / wrong) + (p - t) / (p * q);
      bool inside = of_logits || (y > EPSILON && y < high);
      batch->dy[i * n + j] = inside ? (weight * slope) * scale : 0;
    }
    batch->loss[i] = lanes_total(&sum) / (float)n;
  }
}

static void categorical_focal_of_logits(const Batch *batch, float gamma, float alpha) {
  int n = batch->width;
  float scale = 1 / batch->count;
  for (int i = 0; i < batch->rows; i++) {
    const float *z = batch->y + i * n, *t = batch->t + i * n;
    float *dz = batch->dy + i * n;
    float top, powers = sum_of_powers(n, z, &top), log_sum = log_f(powers);
    Lanes sum = {{0}}, mass = {{0}};
    for (int j = 0; j < n; j++) {
      float d = z[j] - top, p = exp_f(d) / powers, logarithm = d - log_sum, rest = 1 - p;
      float weight = (t[j] * alpha) * power_f(rest, gamma);
      float bend = quotient(p != 0 ? p * logarithm : 0, rest);
      float h = t[j] != 0 ? weight * (gamma * bend - 1) : 0;
      lanes_add(&sum, j, t[j] != 0 ? -(weight * logarithm) : 0);
      lanes_add(&mass, j, h);
      dz[j] = h;
    }
    batch->loss[i] = lanes_total(&sum);
    float whole = lanes_total(&mass);
    for (int j = 0; j < n; j++) dz[j] = (dz[j] - (exp_f(z[j] - top) / powers) * whole) * scale;
  }
}

static void categorical_focal_of_outputs(const Batch *batch, float gamma, float alpha) {
  int n = batch->width;
  float high = 1 - EPSILON;
  for (int i = 0; i < batch->rows; i++) {
    const float *y = batch->y + i * n, *t = batch->t + i * n;
    float *dy = batch->dy + i * n;
    Lanes all = {{0}}, sum = {{0}}, mass = {{0}};
    for (int j = 0; j < n; j++) lanes_add(&all, j, y[j]);
    float whole = lanes_total(&all), divisor = whole == 0 ? 1 : whole;
    for (int j = 0; j < n; j++) {
      float share = y[j] / divisor;
      float held = greater(lesser(share, high), EPSILON);
      float logarithm = log_f(held), rest = 1 - held;
      float weight = (t[j] * alpha) * power_f(rest, gamma);
      float bend = gamma * (logarithm / rest) - 1 / held;
      float slope = share > EPSILON && share < high ? weight * bend : 0;
      lanes_add(&sum, j, -(weight * logarithm));
      lanes_add(&mass, j, slope * share);
      dy[j] = slope;
    }
    batch->loss[i] = lanes_total(&sum);
    float part = whole == 0 ? 0 : lanes_total(&mass), scale = (1 / batch->count) / divisor;
    for (int j = 0; j < n; j++) dy[j] = (dy[j] - part) * scale;
  }
}

bool compute_crossentropy(const Json *loss, bool of_logits, const Batch *batch) {
  const char *kind = kind_of(loss, "");
  of_logits = of_logits || flag_of(loss, "fromLogits", false);
  float gamma = (float)number_of(loss, "gamma", 2);
  if (is(kind, "binaryCrossentropy")) (of_logits ? binary_of_logits : binary_of_outputs)(batch);
  else if (is(kind, "categoricalCrossentropy") || is(kind, "sparseCategoricalCrossentropy")) {
    (of_logits ? categorical_of_logits : categorical_of_outputs)(batch);
  } else if (is(kind, "kullbackLeibler")) {
    (of_logits ? categorical_of_logits : categorical_of_outputs)(batch);
    add_entropy_of_targets(batch);
  } else if (is(kind, "binaryFocalCrossentropy")) {
    bool balanced = flag_of(loss, "applyClassBalancing", false);
    double alpha = number_of(loss, "alpha", 0.25);
    float rest = FAULT == balance_in_single ? 1 - (float)alpha : (float)(1 - alpha);
    binary_focal(batch, of_logits, gamma, balanced ? (float)alpha : 1, balanced ? rest : 1);
  } else if (is(kind, "categoricalFocalCrossentropy")) {
    float alpha = (float)number_of(loss, "alpha", 0.25);
    (of_logits ? categorical_focal_of_logits : categorical_focal_of_outputs)(batch, gamma, alpha);
  } else return false;
  return true;
}
