/*
 * Trains the network of a description, which is read from the standard input, and writes what came of it as JSON:
 * weights before and after each epoch, logs, predictions. Floats are written by their bits.
 */
#include "reference.h"

static float *gather(const float *from, const int *order, int rows, int width) {
  if (from == NULL) return NULL;
  float *to = zeroed((size_t)(rows * width), sizeof(float));
  for (int i = 0; i < rows; i++) memcpy(to + i * width, from + order[i] * width, (size_t)width * sizeof(float));
  return to;
}

/* Runs forward and backward, which leaves the gradient with penalties. */
static void run_on(Network *network, const Data *data, const int *order, int rows, double *penalty) {
  float *x = gather(data->x, order, rows, data->width), *t = gather(data->t, order, rows, data->targets);
  float *weights = gather(data->weights, order, rows, data->weight_vectors);
  take_inputs(network, x, rows);
  forward(network, rows, true);
  for (int first = 0; first < rows; first += network->batch) {
    *penalty = add_value_penalties(network, first, rows_of_batch(network, first, rows), *penalty);
  }
  compute_losses(network, data, true, rows, t, weights);
  clear_overflow(network, rows, data->weight_vectors, weights);
  backward(network, rows);
  add_penalties(network);
  free(x);
  free(t);
  free(weights);
}

static void train_on(Network *network, const Data *data, const int *order, int rows, double *penalty) {
  const Json *optimizer = field(network->text, "optimizer");
  run_on(network, data, order, rows, penalty);
  clip(network, optimizer);
  update(network, optimizer);
  constrain(network);
  average_weights(network, optimizer);
}

static void train_by_batches(Network *network, const Data *data, int epoch, int *order, int size, double *penalty) {
  begin_losses(network);
  if (flag_of(network->text, "shuffle", true)) shuffle(network->seed, (uint32_t)epoch, data->rows, order);
  for (int first = 0; first < data->rows; first += size) {
    train_on(network, data, order + first, data->rows - first < size ? data->rows - first : size, penalty);
  }
}

static int *in_order(int rows) {
  int *order = zeroed((size_t)rows, sizeof(int));
  for (int i = 0; i < rows; i++) order[i] = i;
  return order;
}

void run_all_rows(Network *network, const Data *data) {
  int *order = in_order(data->rows);
  double penalty = 0;
  run_on(network, data, order, data->rows, &penalty);
  free(order);
}

void differentiate_rows(Network *network, const Data *data, int output, const float *seed) {
  take_inputs(network, data->x, data->rows);
  forward(network, data->rows, true);
  for (int k = 0; k < network->operations; k++) network->operation[k].has_delta = false;
  for (int o = 0; o < network->objectives; o++) {
    int n = network->objective[o].width;
    Operation *last = network->operation + network->objective[o].last;
    last->has_delta = true;
    for (int i = 0; i < data->rows * n; i++) {
      float weight = weight_of_row(data, i / n, o);
      last->dy[i] = o != output || weight == 0 ? 0 : seed[i] * weight;
    }
  }
  clear_overflow(network, data->rows, data->weight_vectors, data->weights);
  backward(network, data->rows);
}

static void write_weights(const Network *network) {
  putchar('[');
  for (int p = 0; p < network->parameters; p++) {
    const Parameter *parameter = network->parameter + p;
    if (p > 0) putchar(',');
    write_floats(parameter->value, parameter->units * parameter->inputs);
  }
  putchar(']');
}

static char *read_all(void) {
  size_t size = 0, room = 1 << 16;
  char *text = zeroed(room, 1);
  for (size_t got; (got = fread(text + size, 1, room - size - 1, stdin)) > 0;) {
    size += got;
    if (size + 1 < room) continue;
    char *more = zeroed(room *= 2, 1);
    memcpy(more, text, size);
    free(text);
    text = more;
  }
  return text;
}

#ifdef FAULTS
int FAULT = no_fault;

static void plant(const char *name) {
#define FAULT_TEXT(fault) #fault,
  static const char *const names[] = {"no_fault", FAULT_LIST(FAULT_TEXT)};
  for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
    if (is(names[i], name)) FAULT = i;
  }
  if (FAULT == no_fault) fail("fault unknown", name);
}
#endif

int main(int count, char **arguments) {
#ifdef FAULTS
  if (count > 1) plant(arguments[1]);
#else
  (void)arguments;
  if (count > 1) fail("no arguments expected without -DFAULTS", "");
#endif
  static Network network;
  const Json *text = json_parse(read_all());
  int rows = (int)number_of(text, "rows", 1), most = (int)number_of(text, "validationRows", 0);
  int size = (int)number_of(text, "batchSize", 32), epochs = (int)number_of(text, "epochs", 1);
  size *= (int)number_of(field(text, "optimizer"), "accumulate", 1); /* the bits of a batch of all their rows */
  build(&network, text, rows > most ? rows : most);
  Data data = make_data(&network, rows, 0), validation = make_data(&network, most, 1);
  int *order = in_order(rows);
  AllRows all = {0};
  network.holds_statistics = sees_all_rows(field(text, "optimizer"));
  if (network.holds_statistics) begin_all_rows(&all, &network, &data);
  printf("{\"weights\":");
  write_weights(&network);
  printf(",\"epochs\":[");
  for (int epoch = 0; epoch < epochs && all.stop == NULL; epoch++) {
    double penalty = 0;
    if (network.holds_statistics) iterate_all_rows(&all);
    else train_by_batches(&network, &data, epoch, order, size, &penalty);
    printf("%s{\"logs\":", epoch > 0 ? "," : "");
    write_epoch(&network, &validation, rows, penalty);
    printf(",\"weights\":");
    write_weights(&network);
    printf("}");
  }
  use_average(&network, field(text, "optimizer"));
  printf(all.stop == NULL ? "]," : "],\"stopReason\":\"%s\",", all.stop);
  printf("\"final\":");
  write_weights(&network);
  const Json *evaluation = field(text, "evaluationBatch");
  if (evaluation != NULL) {
    printf(",\"evaluation\":");
    write_evaluation(&network, &data, (int)evaluation->number);
  }
  take_inputs(&network, data.x, rows);
  forward(&network, rows, false);
  printf(",\"predictions\":[");
  for (int o = 0; o < network.objectives; o++) {
    const Objective *objective = network.objective + o;
    if (o > 0) putchar(',');
    write_floats(network.operation[objective->last].y, rows * objective->width);
  }
  printf("]}\n");
  return 0;
}
