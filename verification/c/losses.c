/* Losses of rows and their derivatives, but for the cross-entropies. */
#include "reference.h"

int targets_of(const Json *loss, int outputs) {
  const char *kind = kind_of(loss, "");
  if (is(kind, "gaussianNegativeLogLikelihood")) return outputs / 2;
  const Json *quantiles = field(loss, "quantiles");
  int count = 0;
  for (const Json *q = quantiles == NULL ? NULL : quantiles->first; q != NULL; q = q->next) count++;
  return count > 0 ? outputs / count : outputs;
}

/* Losses that are a mean over the outputs: the loss of an output, and its derivative times `scale`. */
typedef float (*Term)(float y, float t, float parameter, float scale, float *dy);

static float absolute(float y, float t, float parameter, float scale, float *dy) {
  (void)parameter;
  float d = y - t;
  *dy = isnan(d) ? d : d == 0 ? 0 : copysignf(scale, d);
  return fabsf(d);
}

static float huber(float y, float t, float delta, float scale, float *dy) {
  float d = y - t;
  float c = greater(lesser(d, delta), -delta);
  *dy = c * scale;
  return c * (d - 0.5f * c);
}

static float hinge(float y, float t, float parameter, float scale, float *dy) {
  (void)parameter;
  float s = t > 0 ? 1 : -1;
  float margin = 1 - s * y;
  *dy = margin > 0 ? -(s * scale) : 0;
  return greater(margin, 0);
}

static float squared_hinge(float y, float t, float parameter, float scale, float *dy) {
  (void)parameter;
  float s = t > 0 ? 1 : -1;
  float margin = greater(1 - s * y, 0);
  *dy = ((margin * -2) * s) * scale;
  return margin * margin;
}

static float log_cosh(float y, float t, float parameter, float scale, float *dy) {
  (void)parameter;
  float d = y - t;
  float a = fabsf(d);
  float q = expm1_f(-a);
  float e = 1 + q;
  float square = e * e;
  float slope = (fabsf(q) * (2 + q)) / (1 + square);
  *dy = copysignf(slope, d) * scale;
  return a <= 1 ? 0 + log1p_f((q * q) / (e + e)) : (a - 0.69314718056f) + log1p_f(square);
}

static float percentage(float y, float t, float epsilon, float scale, float *dy) {
  float d = y - t;
  float whole = greater(fabsf(t), epsilon);
  *dy = isnan(d) ? d : d == 0 ? 0 : copysignf((100 / whole) * scale, d);
  return (fabsf(d) / whole) * 100;
}

static float squared_logarithmic(float y, float t, float epsilon, float scale, float *dy) {
  float held = greater(y, epsilon);
  float d = log1p_f(held) - log1p_f(greater(t, epsilon));
  *dy = y <= epsilon ? 0 : ((d + d) / (1 + held)) * scale;
  return d * d;
}

static float poisson(float y, float t, float epsilon, float scale, float *dy) {
  float rate = y + epsilon;
  *dy = (1 - t / rate) * scale;
  return y - t * log_f(rate);
}

static float poisson_of_logarithms(float y, float t, float parameter, float scale, float *dy) {
  (void)parameter;
  float rate = exp_f(y);
  *dy = (rate - t) * scale;
  return rate - t * y;
}

static void mean_of_terms(const Batch *batch, Term term, float parameter) {
  int n = batch->width;
  float scale = 1 / ((float)n * batch->count);
  for (int i = 0; i < batch->rows; i++) {
    Lanes sum = {{0}};
    for (int j = 0; j < n; j++) {
      int at = i * n + j;
      lanes_add(&sum, j, term(batch->y[at], batch->t[at], parameter, scale, batch->dy + at));
    }
    batch->loss[i] = lanes_total(&sum) / (float)n;
  }
}

static void squared_error(const Batch *batch, float loss_scale, float delta_scale) {
  int n = batch->width;
  float scale = delta_scale / batch->count;
  for (int i = 0; i < batch->rows; i++) {
    Lanes sum = {{0}};
    for (int j = 0; j < n; j++) {
      float d = batch->y[i * n + j] - batch->t[i * n + j];
      lanes_add(&sum, j, d * d);
      batch->dy[i * n + j] = d * scale;
    }
    batch->loss[i] = lanes_total(&sum) * loss_scale;
  }
}

static void categorical_hinge(const Batch *batch) {
  int n = batch->width;
  float scale = 1 / batch->count;
  for (int i = 0; i < batch->rows; i++) {
    const float *y = batch->y + i * n, *t = batch->t + i * n;
    float *dy = batch->dy + i * n;
    float right = 0, wrong = -INFINITY;
    int best = 0;
    for (int j = 0; j < n; j++) {
      float other = (1 - t[j]) * y[j];
      right = right + t[j] * y[j];
      if (other > wrong || isnan(other)) {
        wrong = other;
        best = j;
      }
    }
    float loss = (1 + wrong) - right;
    batch->loss[i] = loss < 0 ? 0 : loss;
    float factor = loss <= 0 ? 0 : scale;
    for (int j = 0; j < n; j++) dy[j] = -t[j] * factor;
    dy[best] = dy[best] + (1 - t[best]) * factor;
  }
}

static void quantile(const Batch *batch, const Json *quantiles) {
  int n = batch->targets;
  float scale = 1 / ((float)batch->width * batch->count);
  for (int i = 0; i < batch->rows; i++) {
    int block = 0;
    for (const Json *part = quantiles->first; part != NULL; part = part->next, block++) {
      float q = (float)part->number, sum = 0;
      float over = FAULT == quantile_in_double ? (float)(part->number - 1) : q - 1;
      float slope = FAULT == quantile_in_double ? (float)(1 - part->number) : 1 - q;
      for (int j = 0; j < n; j++) {
        int at = i * batch->width + block * n + j;
        float d = batch->t[i * n + j] - batch->y[at];
        sum = sum + (d > 0 ? q : over) * d;
        batch->dy[at] = d > 0 ? -q * scale : d < 0 ? slope * scale : d;
      }
      batch->loss[i] = (block == 0 ? 0 : batch->loss[i]) + sum / (float)batch->width;
    }
  }
}

static void gaussian(const Batch *batch, float epsilon, float constant) {
  int n = batch->targets;
  float scale = 1 / ((float)n * batch->count);
  for (int i = 0; i < batch->rows; i++) {
    float sum = 0;
    for (int j = 0; j < n; j++) {
      int at = i * 2 * n + j;
      float variance = ieee_max(batch->y[at + n], epsilon);
      float d = batch->y[at] - batch->t[i * n + j];
      float r = d / variance;
      sum = sum + (0.5f * (log_f(variance) + d * r) + constant);
      batch->dy[at] = r * scale;
      batch->dy[at + n] = ((0.5f * (1 - d * r)) / variance) * scale;
    }
    batch->loss[i] = sum / (float)n;
  }
}

static void cosine_similarity(const Batch *batch) {
  int n = batch->width;
  double epsilon = 1e-8f, rows = batch->count;
  for (int i = 0; i < batch->rows; i++) {
    const float *y = batch->y + i * n, *t = batch->t + i * n;
    double outputs = 0, targets = 0, both = 0;
    for (int j = 0; j < n; j++) {
      outputs = outputs + (double)y[j] * y[j];
      targets = targets + (double)t[j] * t[j];
      both = both + (double)y[j] * t[j];
    }
    double ny = sqrt(outputs), nt = sqrt(targets);
    bool none = ny <= epsilon || nt <= epsilon;
    double cosine = none ? 0 : both / (ny * nt);
    batch->loss[i] = (float)-cosine;
    double scale = 1 / (ny * rows), of_output = cosine / ny, of_target = 1 / nt;
    for (int j = 0; j < n; j++) {
      batch->dy[i * n + j] = none ? 0 : (float)((of_output * y[j] - of_target * t[j]) * scale);
    }
  }
}

void compute_loss(const Json *loss, bool of_logits, const Batch *batch) {
  const char *kind = kind_of(loss, "");
  int n = batch->width;
  if (is(kind, "halfSquaredError")) squared_error(batch, 0.5f, 1);
  else if (is(kind, "meanSquaredError")) squared_error(batch, (float)(1.0 / n), (float)(2.0 / n));
  else if (is(kind, "meanAbsoluteError")) mean_of_terms(batch, absolute, 0);
  else if (is(kind, "huber")) mean_of_terms(batch, huber, (float)number_of(loss, "delta", 1));
  else if (is(kind, "hinge")) mean_of_terms(batch, hinge, 0);
  else if (is(kind, "squaredHinge")) mean_of_terms(batch, squared_hinge, 0);
  else if (is(kind, "categoricalHinge")) categorical_hinge(batch);
  else if (is(kind, "logCosh")) mean_of_terms(batch, log_cosh, 0);
  else if (is(kind, "meanAbsolutePercentageError")) mean_of_terms(batch, percentage, 1e-7f);
  else if (is(kind, "meanSquaredLogarithmicError")) mean_of_terms(batch, squared_logarithmic, 1e-7f);
  else if (is(kind, "poisson")) {
    bool logarithms = flag_of(loss, "logInput", false);
    mean_of_terms(batch, logarithms ? poisson_of_logarithms : poisson, 1e-8f);
  } else if (is(kind, "quantile")) quantile(batch, field(loss, "quantiles"));
  else if (is(kind, "gaussianNegativeLogLikelihood")) {
    gaussian(batch, (float)number_of(loss, "epsilon", 1e-6), flag_of(loss, "full", false) ? 0.9189385332046728f : 0);
  } else if (is(kind, "cosineSimilarity")) cosine_similarity(batch);
  else if (!compute_crossentropy(loss, of_logits, batch)) fail("loss unknown", kind);
}
