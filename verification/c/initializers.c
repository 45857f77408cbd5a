/* First values of parameters. */
#include "reference.h"

static float normal_number(const Source *source, uint32_t i, float mean, float deviation) {
  return mean + random_normal(source, i, deviation);
}

static void fill_normal(Source source, int n, float *to, double deviation) {
  for (int i = 0; i < n; i++) to[i] = normal_number(&source, (uint32_t)i, 0, (float)deviation);
}

static void fill_uniform(Source source, int n, float *to, double low, double high) {
  float span = FAULT == span_in_double ? (float)(high - low) : (float)high - (float)low;
  for (int i = 0; i < n; i++) to[i] = (float)low + span * random_unit(&source, (uint32_t)i);
}

/* The first attempt that is within two deviations. */
static void fill_truncated(Source source, int n, float *to, double mean, double deviation) {
  for (int i = 0; i < n; i++) {
    float z;
    source.c2 = 0;
    while (fabsf(z = normal_number(&source, (uint32_t)i, 0, 1)) > 2) source.c2++;
    to[i] = (float)(mean + deviation * z);
  }
}

static double dot(const double *a, const double *b, int n) {
  double s[4] = {0, 0, 0, 0};
  int whole = n - n % 4;
  for (int i = 0; i < n; i++) {
    int lane = i < whole ? i % 4 : 0;
    s[lane] = s[lane] + a[i] * b[i];
  }
  return (s[0] + s[1]) + (s[2] + s[3]);
}

/* Modified Gram and Schmidt, with another pass for a row that loses nine tenths of its norm. */
static bool orthonormalize(double *matrix, int count, int length) {
  for (int row = 0; row < count; row++) {
    double *own = matrix + row * length;
    double first = sqrt(dot(own, own, length)), left = first, before;
    do {
      before = left;
      for (int other = 0; other < row; other++) {
        const double *unit = matrix + other * length;
        double share = dot(unit, own, length);
        for (int i = 0; i < length; i++) own[i] = own[i] - share * unit[i];
      }
      left = sqrt(dot(own, own, length));
      if (!(left > 1e-9 * first) && FAULT != first_attempt) return false;
    } while (left < 0.1 * before && FAULT != one_pass);
    for (int i = 0; i < length; i++) own[i] = own[i] / left;
  }
  return true;
}

static void fill_orthogonal(Source source, Parameter *parameter, double gain) {
  int units = parameter->units, inputs = parameter->inputs;
  bool by_rows = units <= inputs;
  int count = by_rows ? units : inputs, length = by_rows ? inputs : units;
  double *vectors = zeroed((size_t)(units * inputs), sizeof(double));
  bool found = false;
  for (source.c2 = 0; !found; source.c2++) {
    for (int u = 0; u < units; u++) {
      for (int i = 0; i < inputs; i++) {
        float z = normal_number(&source, (uint32_t)(u * inputs + i), 0, 1);
        vectors[by_rows ? u * inputs + i : i * length + u] = z;
      }
    }
    found = orthonormalize(vectors, count, length);
  }
  for (int u = 0; u < units; u++) {
    for (int i = 0; i < inputs; i++) {
      parameter->value[u * inputs + i] = (float)(gain * vectors[by_rows ? u * inputs + i : i * length + u]);
    }
  }
  free(vectors);
}

static void fill_scaled(Source source, int n, float *to, const Json *options, int fan_in, int fan_out) {
  const char *mode = field(options, "mode") == NULL ? "fanIn" : field(options, "mode")->text;
  const char *distribution =
      field(options, "distribution") == NULL ? "truncatedNormal" : field(options, "distribution")->text;
  double scale = number_of(options, "scale", 1);
  double width = is(mode, "fanIn") ? fan_in : is(mode, "fanOut") ? fan_out : (fan_in + fan_out) / 2.0;
  double deviation = sqrt(scale / width);
  if (is(distribution, "untruncatedNormal")) fill_normal(source, n, to, deviation);
  else if (is(distribution, "truncatedNormal")) fill_truncated(source, n, to, 0, deviation / 0.87962566103423978);
  else {
    double limit = sqrt(3 * scale / width);
    fill_uniform(source, n, to, -limit, limit);
  }
}

void initialize(const Json *initializer, const char *otherwise, uint32_t seed, int index, Parameter *parameter,
                int fan_in, int fan_out) {
  const char *kind = kind_of(initializer, otherwise);
  Source source = {seed, STREAM_INITIAL, (uint32_t)index, 0, 0};
  int n = parameter->units * parameter->inputs;
  float *to = parameter->value;
  double limit = 0;
  if (is(kind, "zeros")) return;
  if (is(kind, "ones") || is(kind, "constant")) {
    for (int i = 0; i < n; i++) to[i] = is(kind, "ones") ? 1 : (float)number_of(initializer, "value", 0);
  } else if (is(kind, "randomNormal")) {
    float mean = (float)number_of(initializer, "mean", 0), deviation = (float)number_of(initializer, "stddev", 0.05);
    for (int i = 0; i < n; i++) to[i] = normal_number(&source, (uint32_t)i, mean, deviation);
  } else if (is(kind, "randomUniform")) {
    fill_uniform(source, n, to, number_of(initializer, "minval", -0.05), number_of(initializer, "maxval", 0.05));
  } else if (is(kind, "truncatedNormal")) {
    fill_truncated(source, n, to, number_of(initializer, "mean", 0), number_of(initializer, "stddev", 0.05));
  } else if (is(kind, "xavier") || is(kind, "lecunNormal")) fill_normal(source, n, to, sqrt(1.0 / fan_in));
  else if (is(kind, "heNormal") || is(kind, "msra")) fill_normal(source, n, to, sqrt(2.0 / fan_in));
  else if (is(kind, "glorotNormal")) fill_normal(source, n, to, sqrt(2.0 / (fan_in + fan_out)));
  else if (is(kind, "heUniform")) limit = sqrt(6.0 / fan_in);
  else if (is(kind, "glorotUniform")) limit = sqrt(6.0 / (fan_in + fan_out));
  else if (is(kind, "lecunUniform")) limit = sqrt(3.0 / fan_in);
  else if (is(kind, "orthogonal")) fill_orthogonal(source, parameter, number_of(initializer, "gain", 1));
  else if (is(kind, "varianceScaling")) fill_scaled(source, n, to, initializer, fan_in, fan_out);
  else if (is(kind, "identity")) {
    for (int i = 0; i < parameter->units && i < parameter->inputs; i++) {
      to[i * parameter->inputs + i] = (float)number_of(initializer, "gain", 1);
    }
  } else fail("initializer unknown", kind);
  if (limit != 0) fill_uniform(source, n, to, -limit, limit);
}
