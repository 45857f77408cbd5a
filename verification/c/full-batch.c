/* Optimizers that look at all rows at once: arithmetic on vectors of all trained weights, and the loss at weights. */
#include "reference.h"

bool sees_all_rows(const Json *optimizer) {
  const char *kind = kind_of(optimizer, "");
  return is(kind, "lbfgs") || is(kind, "levenbergMarquardt");
}

/* Copies the trained weights, or their gradients, to a vector, or the weights from one. */
enum { TAKE_WEIGHTS, TAKE_GRADIENTS, PUT_WEIGHTS };
static void transfer(const Network *network, int what, float *vector) {
  for (int p = 0; p < network->parameters; p++) {
    const Parameter *parameter = network->parameter + p;
    int n = parameter->units * parameter->inputs;
    size_t size = (size_t)n * sizeof(float);
    if (!parameter->learned) continue;
    if (what == TAKE_WEIGHTS) memcpy(vector, parameter->value, size);
    else if (what == TAKE_GRADIENTS) memcpy(vector, parameter->gradient, size);
    else memcpy(parameter->value, vector, size);
    vector += n;
  }
}

float *new_vector(const AllRows *all) { return zeroed((size_t)all->size, sizeof(float)); }

/* out = x + f32(factor) y */
void add_scaled(const AllRows *all, const float *x, double factor, const float *y, float *out) {
  for (int v = 0; v < all->size; v++) {
    if (FAULT == step_in_double) out[v] = (float)(x[v] + factor * y[v]);
    else out[v] = x[v] + (float)factor * y[v];
  }
}

void scale_vector(const AllRows *all, double factor, float *x) {
  for (int v = 0; v < all->size; v++) x[v] = x[v] * (float)factor;
}

double dot_vectors(const AllRows *all, const float *x, const float *y) {
  double sum = 0;
  for (int p = 0; p < all->network->parameters; p++) {
    const Parameter *parameter = all->network->parameter + p;
    if (!parameter->learned) continue;
    sum = add_products(parameter, x, y, sum);
    if (FAULT == dot_in_single) sum = (float)sum;
    x += parameter->units * parameter->inputs;
    y += parameter->units * parameter->inputs;
  }
  return sum;
}

double largest_of(const AllRows *all, const float *x) {
  double largest = 0;
  for (int v = 0; v < all->size; v++) {
    if (isnan(x[v])) return NAN;
    largest = fmax(largest, fabs((double)x[v]));
  }
  return largest;
}

double loss_at(AllRows *all, const float *weights, float *gradient) {
  Network *network = all->network;
  transfer(network, PUT_WEIGHTS, (float *)weights);
  begin_losses(network);
  run_all_rows(network, all->data);
  transfer(network, TAKE_GRADIENTS, gradient);
  if (FAULT == statistics_of_trials) move_statistics(network, all->data->rows);
  double penalty = FAULT == penalty_not_minimized ? 0 : weight_penalty(network);
  return total_loss(network, all->data->rows) + penalty;
}

void begin_all_rows(AllRows *all, Network *network, const Data *data) {
  *all = (AllRows){.network = network, .data = data};
  for (int p = 0; p < network->parameters; p++) {
    const Parameter *parameter = network->parameter + p;
    if (parameter->learned) all->size += parameter->units * parameter->inputs;
  }
  all->weights = new_vector(all);
  all->gradient = new_vector(all);
}

/* Makes an iteration. Afterwards the losses of the outputs, their metrics and the weights are those after it. */
void iterate_all_rows(AllRows *all) {
  Network *network = all->network;
  const Json *optimizer = field(network->text, "optimizer");
  bool quasi_newton = is(kind_of(optimizer, ""), "lbfgs");
  transfer(network, TAKE_WEIGHTS, all->weights);
  all->loss = loss_at(all, all->weights, all->gradient);
  double before[MOST_OUTPUTS];
  for (int o = 0; o < network->objectives; o++) before[o] = network->objective[o].total;
  bool moved = (quasi_newton ? lbfgs : levenberg_marquardt)(all, optimizer);
  if (moved) {
    move_statistics(network, all->data->rows);
    network->updates++;
  } else loss_at(all, all->weights, all->gradient);
  for (int o = 0; FAULT == loss_before && o < network->objectives; o++) network->objective[o].total = before[o];
}
