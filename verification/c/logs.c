/* Logs of an epoch and of an evaluation, as JSON; numbers by their bits. */
#include "reference.h"

void write_floats(const float *values, int n) {
  putchar('"');
  for (int i = 0; i < n; i++) printf("%08x", (unsigned)(isnan(values[i]) ? 0x7fc00000u : bits_of(values[i])));
  putchar('"');
}

void write_double(const char *key, double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  printf("\"%s\":\"%016llx\"", key, (unsigned long long)(isnan(value) ? 0x7ff8000000000000u : bits));
}

/* Whether logs have a regularization. */
static bool has_penalty(const Network *network) {
  for (int p = 0; p < network->parameters; p++) {
    if (network->parameter[p].l1 != 0 || network->parameter[p].l2 != 0) return true;
  }
  for (int k = 0; k < network->operations; k++) {
    if (is(network->operation[k].kind, "activityPenalty")) return true;
  }
  return false;
}

/* Loss and metrics of `rows` rows, and penalties: those on weights, and the sum of those on values. */
static void write_measures(const Network *network, int rows, double of_values, bool validation) {
  write_double(validation ? "valLoss" : "loss", total_loss(network, rows));
  for (int o = 0; o < network->objectives; o++) {
    const Objective *objective = network->objective + o;
    if (network->objectives > 1) {
      char key[100];
      snprintf(key, sizeof key, validation ? "valL%sLoss" : "%sLoss", objective->name + (validation ? 1 : 0));
      putchar(',');
      write_double(key, objective->total / rows);
    }
    write_metrics(objective, validation ? "val" : "");
  }
  if (!has_penalty(network)) return;
  putchar(',');
  write_double(validation ? "valRegularization" : "regularization", weight_penalty(network) + of_values / rows);
}

/* Runs rows without training; returns the sum of penalties on values, by batches of so many rows. */
static double evaluate(Network *network, const Data *data, int batch) {
  double penalty = 0;
  begin_losses(network);
  take_inputs(network, data->x, data->rows);
  forward(network, data->rows, false);
  for (int first = 0; first < data->rows; first += batch) {
    int rows = data->rows - first < batch ? data->rows - first : batch;
    penalty = add_value_penalties(network, first, rows, penalty);
  }
  compute_losses(network, data, false, data->rows, data->t, data->weights);
  return penalty;
}

void write_epoch(Network *network, const Data *validation, int rows, double penalty) {
  enum { OF_VALIDATION = 256 };
  putchar('{');
  write_measures(network, rows, penalty, false);
  if (validation->rows > 0) {
    double of_values = evaluate(network, validation, OF_VALIDATION);
    putchar(',');
    write_measures(network, validation->rows, of_values, true);
  }
  putchar('}');
}

void write_evaluation(Network *network, const Data *data, int batch) {
  enum { MOST = 1024 };
  double penalty = evaluate(network, data, batch < MOST ? batch : MOST);
  putchar('{');
  write_measures(network, data->rows, penalty, false);
  putchar('}');
}
