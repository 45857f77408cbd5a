/* Constraints: limits on the weights of each unit after an update. */
#include "reference.h"

static double norm_of(const float *w, int n) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum = sum + (double)w[i] * w[i];
  return sqrt(sum);
}

static void limit_norm(float *w, int n, float least, float most, float rate) {
  double norm = norm_of(w, n);
  double limit = norm < least ? least : norm;
  if (limit > most) limit = most;
  if (norm == limit || norm == 0) return;
  double factor = (rate * limit + (1 - (double)rate) * norm) / norm;
  for (int i = 0; i < n; i++) w[i] = (float)(w[i] * factor);
}

static void max_norm(float *w, int n, float limit) {
  double norm = norm_of(w, n);
  if (!(norm > limit)) return;
  float factor = (float)((double)limit / norm);
  for (int i = 0; i < n; i++) w[i] = w[i] * factor;
}

void constrain(Network *network) {
  for (int p = 0; p < network->parameters; p++) {
    Parameter *parameter = network->parameter + p;
    const Json *constraint = parameter->constraint;
    if (constraint == NULL) continue;
    const char *kind = kind_of(constraint, "");
    int size = parameter->units * parameter->inputs;
    int n = parameter->is_vector && !parameter->is_table ? size : parameter->inputs; /* a bias is limited as a whole */
    float limit = (float)number_of(constraint, "limit", 2), rate = (float)number_of(constraint, "rate", 1);
    float least = (float)number_of(constraint, "minValue", 0), most = (float)number_of(constraint, "maxValue", 1);
    for (float *w = parameter->value; w < parameter->value + size; w += n) {
      if (is(kind, "maxNorm") && !parameter->is_vector) max_norm(w, n, limit);
      else if (is(kind, "maxNorm")) limit_norm(w, n, 0, limit, 1);
      else if (is(kind, "unitNorm")) limit_norm(w, n, 1, 1, 1);
      else if (is(kind, "minMaxNorm")) limit_norm(w, n, least, most, rate);
      else if (is(kind, "nonNegative")) {
        for (int i = 0; i < n; i++) w[i] = greater(w[i], 0);
      } else fail("constraint unknown", kind);
    }
  }
}
