/* From the gradient of a batch to an update: penalties, clipping, the rule of the optimizer, averages of weights. */
#include "reference.h"

static int size_of(const Parameter *parameter) { return parameter->units * parameter->inputs; }

void add_penalties(Network *network) {
  for (int p = 0; p < network->parameters; p++) {
    Parameter *parameter = network->parameter + p;
    if (parameter->l1 == 0 && parameter->l2 == 0) continue;
    float l1 = (float)parameter->l1, l2 = (float)parameter->l2;
    for (int i = 0; i < size_of(parameter); i++) {
      float w = parameter->value[i];
      float pull = w == 0 ? 0 : copysignf(l1, w);
      parameter->gradient[i] = parameter->gradient[i] + (pull + l2 * w);
    }
  }
}

double add_products(const Parameter *parameter, const float *x, const float *y, double sum) {
  int inputs = parameter->is_table ? 1 : parameter->inputs;
  for (int u = 0; u < size_of(parameter) / inputs; u++) {
    double own = 0;
    for (int i = 0; i < inputs; i++) own = own + (double)x[u * inputs + i] * y[u * inputs + i];
    sum = sum + own;
  }
  return sum;
}

static double add_squares(const Parameter *parameter, const float *values, double sum) {
  return add_products(parameter, values, values, sum);
}

double weight_penalty(const Network *network) {
  double total = 0;
  for (int p = 0; p < network->parameters; p++) {
    const Parameter *parameter = network->parameter + p;
    if (parameter->l1 != 0) {
      double sum = 0;
      for (int i = 0; i < size_of(parameter); i++) sum = sum + fabs((double)parameter->value[i]);
      total = total + parameter->l1 * sum;
    }
    if (parameter->l2 != 0) total = total + (parameter->l2 / 2) * add_squares(parameter, parameter->value, 0);
  }
  return total;
}

void clip(Network *network, const Json *optimizer) {
  const Json *value = field(optimizer, "clipValue"), *norm = field(optimizer, "clipNorm");
  double squares = 0, factor = 1;
  if (norm != NULL) {
    for (int p = 0; p < network->parameters; p++) {
      const Parameter *parameter = network->parameter + p;
      if (parameter->learned) squares = add_squares(parameter, parameter->gradient, squares);
    }
    factor = (float)norm->number / (sqrt(squares) + 1e-6);
  }
  for (int p = 0; p < network->parameters; p++) {
    Parameter *parameter = network->parameter + p;
    for (int i = 0; i < size_of(parameter); i++) {
      float *g = parameter->gradient + i;
      if (value != NULL) *g = greater(lesser(*g, (float)value->number), -(float)value->number);
      if (factor < 1) *g = *g * (float)factor;
    }
  }
}

/* Numbers of an update, in float64, rounded to float32 where a rule uses them. */
typedef struct {
  const char *kind;
  float rate, momentum, rho, rho_rest, epsilon, beta1, beta1_rest, beta2, beta2_rest, size, share, root, decay;
  bool has_momentum, nesterov, centered, amsgrad, decays;
} Rule;

static double nadam_momentum(double beta1, long t) { return beta1 * (1 - 0.5 * power(0.9998367253526753, t)); }

static void prepare_nadam(Rule *rule, double rate, double beta1, long t) {
  double product = 1;
  for (long i = 1; i <= t; i++) product = product * nadam_momentum(beta1, i);
  double now = nadam_momentum(beta1, t), next = nadam_momentum(beta1, t + 1);
  rule->size = (float)((rate * next) / (1 - product * next));
  rule->share = (float)((rate * (1 - now)) / (1 - product));
}

static Rule prepare(const Json *optimizer, double factor, long updates) {
  const char *kind = kind_of(optimizer, "sgd");
  bool lion = is(kind, "lion"), adadelta = is(kind, "adadelta");
  bool adams = is(kind, "adam") || is(kind, "adamw");
  double usual = adams || lion ? 0.001 : is(kind, "adamax") || is(kind, "nadam") ? 0.002 : adadelta ? 1 : 0.01;
  double rate = factor * rate_after(field(optimizer, "learningRate"), usual, updates);
  double rho = number_of(optimizer, "rho", adadelta ? 0.9 : 0.99);
  const Json *schedule = field(optimizer, "learningRate");
  double beta1 = momentum_after(schedule, number_of(optimizer, "beta1", 0.9), updates);
  double beta2 = number_of(optimizer, "beta2", lion ? 0.99 : 0.999);
  double epsilon = number_of(optimizer, "epsilon", is(kind, "adagrad") ? 1e-10 : adadelta ? 1e-6 : 1e-8);
  double decay = number_of(optimizer, "weightDecay", is(kind, "adamw") ? 0.01 : 0);
  long t = updates + (FAULT == bias_correction && updates > 0 ? 0 : 1);
  double momentum = number_of(optimizer, "momentum", 0);
  Rule rule = {.kind = kind, .rate = (float)rate, .has_momentum = momentum != 0};
  rule.momentum = (float)(momentum == 0 ? 0 : momentum_after(schedule, momentum, updates));
  rule.rho = (float)rho;
  rule.rho_rest = (float)(1 - rho);
  rule.epsilon = (float)epsilon;
  rule.beta1 = (float)beta1;
  rule.beta1_rest = (float)(1 - beta1);
  rule.beta2 = (float)beta2;
  rule.beta2_rest = (float)(1 - beta2);
  double corrected = FAULT == correction_not_moved ? number_of(optimizer, "beta1", 0.9) : beta1;
  rule.size = (float)(rate / (1 - power(corrected, t)));
  rule.root = (float)(1 / sqrt(1 - power(beta2, t)));
  rule.decays = decay != 0;
  rule.decay = FAULT == decay_in_single ? 1 - (float)rate * (float)decay : (float)(1 - rate * decay);
  rule.nesterov = flag_of(optimizer, "nesterov", false);
  rule.centered = flag_of(optimizer, "centered", false);
  rule.amsgrad = flag_of(optimizer, "amsgrad", false);
  if (is(kind, "nadam")) prepare_nadam(&rule, rate, beta1, t);
  return rule;
}

static void descend(const Rule *r, float *w, float g, float *v) {
  if (!r->has_momentum) {
    *w = *w - r->rate * g;
    return;
  }
  *v = r->momentum * *v + g;
  float step = r->nesterov ? g + r->momentum * *v : *v;
  *w = *w - r->rate * step;
}

static void adagrad(const Rule *r, float *w, float g, float *s) {
  *s = *s + g * g;
  *w = *w - (r->rate * g) / (sqrtf(*s) + r->epsilon);
}

/* The first two states are the mean square and, if centered, the mean; the last is the momentum. */
static void rmsprop(const Rule *r, float *w, float g, float *s, float *a, float *v) {
  *s = r->rho * *s + r->rho_rest * (g * g);
  float square = *s;
  if (r->centered) {
    *a = r->rho * *a + r->rho_rest * g;
    square = ieee_max(*s - *a * *a, 0);
  }
  float step = g / (sqrtf(square) + r->epsilon);
  if (r->has_momentum) {
    step = r->momentum * *v + step;
    *v = step;
  }
  *w = *w - r->rate * step;
}

static void adadelta(const Rule *r, float *w, float g, float *s, float *u) {
  *s = r->rho * *s + r->rho_rest * (g * g);
  float d = (sqrtf(*u + r->epsilon) / sqrtf(*s + r->epsilon)) * g;
  *u = r->rho * *u + r->rho_rest * (d * d);
  *w = *w - r->rate * d;
}

static void adam(const Rule *r, float *w, float g, float *m, float *v, float *x) {
  *m = r->beta1 * *m + r->beta1_rest * g;
  *v = r->beta2 * *v + r->beta2_rest * (g * g);
  float largest = *v;
  if (r->amsgrad) largest = *x = ieee_max(*x, *v);
  float divisor = sqrtf(largest) * r->root + r->epsilon;
  if (FAULT == epsilon_in_root) divisor = sqrtf(largest * (r->root * r->root) + r->epsilon);
  float step = r->size * *m;
  if (!r->amsgrad) step = step + r->share * g;
  *w = *w - step / divisor;
}

static void adamax(const Rule *r, float *w, float g, float *m, float *u) {
  *m = r->beta1 * *m + r->beta1_rest * g;
  *u = ieee_max(r->beta2 * *u, fabsf(g) + r->epsilon);
  *w = *w - (r->size * *m) / *u;
}

static void lion(const Rule *r, float *w, float g, float *m) {
  float mix = r->beta1 * *m + r->beta1_rest * g;
  float step = isnan(mix) ? mix : mix == 0 ? 0 : copysignf(r->rate, mix);
  *w = *w - step;
  *m = r->beta2 * *m + r->beta2_rest * g;
}

static void step(const Rule *r, float *w, float g, float *s0, float *s1, float *s2) {
  const char *kind = r->kind;
  if (r->decays) *w = *w * r->decay;
  if (is(kind, "sgd")) descend(r, w, g, s0);
  else if (is(kind, "adagrad")) adagrad(r, w, g, s0);
  else if (is(kind, "rmsprop")) rmsprop(r, w, g, s0, s1, s2);
  else if (is(kind, "adadelta")) adadelta(r, w, g, s0, s1);
  else if (is(kind, "adam") || is(kind, "adamw") || is(kind, "nadam")) adam(r, w, g, s0, s1, s2);
  else if (is(kind, "adamax")) adamax(r, w, g, s0, s1);
  else if (is(kind, "lion")) lion(r, w, g, s0);
  else fail("optimizer unknown", kind);
}

void update(Network *network, const Json *optimizer) {
  for (int p = 0; p < network->parameters; p++) {
    Parameter *q = network->parameter + p;
    Rule rule = prepare(optimizer, q->factor, network->updates);
    if (FAULT == matrices_decay && q->is_vector) rule.decays = false;
    for (int i = 0; q->learned && i < size_of(q); i++) {
      step(&rule, q->value + i, q->gradient[i], q->state[0] + i, q->state[1] + i, q->state[2] + i);
    }
  }
  network->updates++;
}

void average_weights(Network *network, const Json *optimizer) {
  const Json *ema = field(optimizer, "ema");
  if (ema == NULL) return;
  float rate = (float)(1 - number_of(ema, "momentum", 0.99));
  for (int p = 0; p < network->parameters; p++) {
    Parameter *parameter = network->parameter + p;
    bool counts = parameter->learned || FAULT == statistics_averaged;
    for (int i = 0; counts && i < size_of(parameter); i++) {
      float *average = parameter->average + i, w = parameter->value[i];
      *average = network->updates == 1 ? w : *average + rate * (w - *average);
    }
  }
  const Json *every = field(ema, "overwriteFrequency");
  if (every != NULL && network->updates % (long)every->number == 0) use_average(network, optimizer);
}

void use_average(Network *network, const Json *optimizer) {
  if (field(optimizer, "ema") == NULL) return;
  for (int p = 0; p < network->parameters; p++) {
    Parameter *parameter = network->parameter + p;
    bool counts = parameter->learned || FAULT == statistics_averaged;
    if (counts) memcpy(parameter->value, parameter->average, (size_t)size_of(parameter) * sizeof(float));
  }
}
