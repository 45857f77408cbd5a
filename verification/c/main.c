/*
 * Trains the network of a description, which is read from the standard input, and writes what came of it as JSON:
 * weights before and after each epoch, logs, predictions. Floats are written by their bits.
 */
#include "reference.h"

/* The data: verification/README.md has the formula. */
static uint32_t mix(uint32_t i, uint32_t j, uint32_t stream) {
  uint32_t h = i * 0x9e3779b1u + j * 0x85ebca77u + stream * 0xc2b2ae3du;
  h = (h ^ h >> 15) * 0x2c1b3c6du;
  h = (h ^ h >> 12) * 0x297a2d39u;
  return h ^ h >> 15;
}

enum { INPUTS, TARGETS, WEIGHTS };

static float target_of(const char *form, uint32_t h) {
  if (is(form, "values")) return (float)((double)(h >> 8) * 0x1p-23 - 1);
  if (is(form, "positive")) return (float)((double)(h >> 8) * 0x1p-22);
  if (is(form, "binary")) return (float)(h >> 31);
  if (is(form, "signs")) return h >> 31 ? 1 : -1;
  fail("targets unknown", form);
}

static Data make_data(const Json *text, int rows, int targets, uint32_t part) {
  int width = (int)number_of(text, "inputs", 1);
  uint32_t stream = ((uint32_t)number_of(text, "data", 0) * 2 + part) * 4;
  const char *form = field(text, "targets")->text;
  double scale = number_of(text, "scale", 1);
  uint32_t categories = (uint32_t)number_of(text, "categories", 0);
  Data data = {.rows = rows, .width = width, .targets = targets};
  data.x = zeroed((size_t)(rows * width), sizeof(float));
  data.t = zeroed((size_t)(rows * targets), sizeof(float));
  if (part == 0 && flag_of(text, "sampleWeight", false)) data.weights = zeroed((size_t)rows, sizeof(float));
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < width; j++) {
      uint32_t h = mix((uint32_t)i, (uint32_t)j, stream + INPUTS);
      double value = ((double)(h >> 8) * 0x1p-23 - 1) * scale;
      data.x[i * width + j] = categories > 0 ? (float)(h % categories) : (float)value;
    }
    bool classes = is(form, "classes") || is(form, "oneHot");
    if (classes) data.t[i * targets + (int)(mix((uint32_t)i, 0, stream + TARGETS) % (uint32_t)targets)] = 1;
    for (int j = 0; !classes && j < targets; j++) {
      data.t[i * targets + j] = target_of(form, mix((uint32_t)i, (uint32_t)j, stream + TARGETS));
    }
    if (data.weights != NULL) data.weights[i] = (float)(mix((uint32_t)i, 0, stream + WEIGHTS) % 9) / 4;
  }
  return data;
}

static float *smoothed(const Json *loss, bool training, int rows, int targets, const float *t) {
  double share = FAULT == validation_not_smoothed && !training ? 0 : number_of(loss, "labelSmoothing", 0);
  float *to = zeroed((size_t)(rows * targets), sizeof(float));
  bool categories = strstr(kind_of(loss, ""), "ategorical") != NULL;
  int parts = categories ? targets : 2;
  float scale = (float)(1 - share), shift = (float)(share / parts);
  if (FAULT == smoothing_in_single) {
    scale = 1 - (float)share;
    shift = (float)share / (float)parts;
  }
  for (int i = 0; i < rows * targets; i++) to[i] = share == 0 ? t[i] : t[i] * scale + shift;
  return to;
}

/* Computes the loss of each row and the delta of the operation that it begins with, times the weights of the rows. */
static void compute(Network *network, bool training, int rows, const float *targets, const float *weights,
                    float *losses) {
  const Json *loss = field(network->text, "loss");
  int left = left_to_loss(network), last = network->operations - 1;
  int at = left < 0 ? last : network->operation[left].inputs[0];
  int width = network->outputs, count = targets_of(loss, width);
  float *own = zeroed((size_t)(rows * width), sizeof(float));
  float *t = smoothed(loss, training, rows, count, targets);
  Batch batch = {rows, width, count, (float)rows, at < 0 ? network->x : network->operation[at].y, t, own, losses};
  compute_loss(loss, left >= 0, &batch);
  for (int i = 0; i < rows && weights != NULL; i++) {
    losses[i] = weights[i] == 0 ? 0 : losses[i] * weights[i];
    for (int j = 0; j < width; j++) own[i * width + j] = weights[i] == 0 ? 0 : own[i * width + j] * weights[i];
  }
  for (int k = 0; k < network->operations; k++) network->operation[k].has_delta = false;
  if (at >= 0) {
    memcpy(network->operation[at].dy, own, (size_t)(rows * width) * sizeof(float));
    network->operation[at].has_delta = true;
  }
  free(own);
  free(t);
}

/* Marks the values that the statistics of a batch depend on; the input of the network is `before[0]`. */
static void mark_before(const Network *network, bool *before) {
  for (int k = network->operations - 1; k >= 0; k--) {
    const Operation *operation = network->operation + k;
    bool counts = before[k + 1] || (!operation->frozen && is(operation->kind, "batchNormalization"));
    for (int i = 0; counts && i < operation->count; i++) before[operation->inputs[i] + 1] = true;
  }
}

static void clear_row(int n, float *x) {
  Lanes sum = {{0}};
  for (int j = 0; j < n; j++) lanes_add(&sum, j, x[j] * x[j]);
  if (!(lanes_total(&sum) < INFINITY)) memset(x, 0, (size_t)n * sizeof(float));
}

/* Rows of weight 0 whose values overflowed become 0 before the backward pass reads them. One row has no statistics. */
static void clear_overflow(Network *network, int rows, float *x, const float *weights) {
  bool before[257] = {false};
  mark_before(network, before);
  for (int i = 0; i < rows && weights != NULL; i++) {
    if (weights[i] != 0) continue;
    bool alone = rows_of_batch(network, i / network->batch * network->batch, rows) == 1;
    if (alone || !before[0]) clear_row(network->width, x + i * network->width);
    for (int k = 0; k < network->operations; k++) {
      const Operation *operation = network->operation + k;
      if (alone || !before[k + 1]) clear_row(operation->out, operation->y + i * operation->out);
    }
  }
}

static double add_losses(double total, const float *losses, int rows) {
  for (int i = 0; i < rows; i++) total = FAULT == loss_in_single ? (float)total + losses[i] : total + losses[i];
  return total;
}

static float *gather(const float *from, const int *order, int rows, int width) {
  if (from == NULL) return NULL;
  float *to = zeroed((size_t)(rows * width), sizeof(float));
  for (int i = 0; i < rows; i++) memcpy(to + i * width, from + order[i] * width, (size_t)width * sizeof(float));
  return to;
}

/* Runs forward and backward; returns the sum of the losses. */
static double run_on(Network *network, const Data *data, const int *order, int rows, double total, double *penalty) {
  float *x = gather(data->x, order, rows, data->width), *t = gather(data->t, order, rows, data->targets);
  float *weights = gather(data->weights, order, rows, 1), *losses = zeroed((size_t)rows, sizeof(float));
  network->x = x;
  forward(network, rows, true);
  for (int first = 0; first < rows; first += network->batch) {
    *penalty = add_value_penalties(network, first, rows_of_batch(network, first, rows), *penalty);
  }
  compute(network, true, rows, t, weights, losses);
  total = add_losses(total, losses, rows);
  add_metrics(network, rows, t);
  clear_overflow(network, rows, x, weights);
  backward(network, rows);
  add_penalties(network);
  free(x);
  free(t);
  free(weights);
  free(losses);
  return total;
}

static double train_on(Network *network, const Data *data, const int *order, int rows, double total, double *penalty) {
  const Json *optimizer = field(network->text, "optimizer");
  total = run_on(network, data, order, rows, total, penalty);
  clip(network, optimizer);
  update(network, optimizer);
  constrain(network);
  average_weights(network, optimizer);
  return total;
}

static int *in_order(int rows) {
  int *order = zeroed((size_t)rows, sizeof(int));
  for (int i = 0; i < rows; i++) order[i] = i;
  return order;
}

double run_all_rows(Network *network, const Data *data) {
  int *order = in_order(data->rows);
  double penalty = 0, total = run_on(network, data, order, data->rows, 0, &penalty);
  free(order);
  return total;
}

void differentiate_rows(Network *network, const Data *data, const float *seed) {
  int *order = in_order(data->rows), n = network->outputs, last = network->operations - 1;
  static float *x; /* read after the pass */
  free(x);
  network->x = x = gather(data->x, order, data->rows, data->width);
  forward(network, data->rows, true);
  for (int k = 0; k < network->operations; k++) network->operation[k].has_delta = k == last;
  for (int i = 0; i < data->rows * n; i++) {
    float weight = data->weights == NULL ? 1 : data->weights[i / n];
    network->operation[last].dy[i] = weight == 0 ? 0 : seed[i] * weight;
  }
  clear_overflow(network, data->rows, x, data->weights);
  backward(network, data->rows);
  free(order);
}

static void write_floats(const float *values, int n) {
  putchar('"');
  for (int i = 0; i < n; i++) printf("%08x", (unsigned)(isnan(values[i]) ? 0x7fc00000u : bits_of(values[i])));
  putchar('"');
}

void write_double(const char *before, const char *name, double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  printf("\"%s", before);
  for (int i = 0; name[i] != 0; i++) putchar(i == 0 && before[0] != 0 ? name[i] - 'a' + 'A' : name[i]);
  printf("\":\"%016llx\"", (unsigned long long)(isnan(value) ? 0x7ff8000000000000u : bits));
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

static double evaluate(Network *network, const Data *data, double *penalty) {
  float *losses = zeroed((size_t)data->rows, sizeof(float));
  network->x = data->x;
  forward(network, data->rows, false);
  /* Penalties on values are summed by batches, and a validation has batches of 256 rows. */
  int size = 256;
  *penalty = 0;
  for (int first = 0; first < data->rows; first += size) {
    *penalty = add_value_penalties(network, first, data->rows - first < size ? data->rows - first : size, *penalty);
  }
  compute(network, false, data->rows, data->t, NULL, losses);
  double total = add_losses(0, losses, data->rows);
  clear_metrics(network);
  add_metrics(network, data->rows, data->t);
  free(losses);
  return total / data->rows;
}

static void write_logs(Network *network, const Data *validation, int rows, double loss, double penalty) {
  putchar('{');
  write_double("", "loss", loss);
  bool penalized = has_penalty(network);
  double of_weights = weight_penalty(network);
  write_metrics(network, rows, "");
  if (penalized) {
    putchar(',');
    write_double("", "regularization", of_weights + penalty);
  }
  if (validation->rows > 0) {
    double of_values;
    putchar(',');
    write_double("val", "loss", evaluate(network, validation, &of_values));
    write_metrics(network, validation->rows, "val");
    if (penalized) {
      putchar(',');
      write_double("val", "regularization", of_weights + of_values / validation->rows);
    }
  }
  putchar('}');
}

static double train_by_batches(Network *network, const Data *data, int epoch, int *order, int size, double *penalty) {
  double total = 0;
  clear_metrics(network);
  if (flag_of(network->text, "shuffle", true)) shuffle(network->seed, (uint32_t)epoch, data->rows, order);
  for (int first = 0; first < data->rows; first += size) {
    int rows = data->rows - first < size ? data->rows - first : size;
    total = train_on(network, data, order + first, rows, total, penalty);
  }
  return total;
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
  int targets = targets_of(field(text, "loss"), network.outputs);
  Data data = make_data(text, rows, targets, 0), validation = make_data(text, most, targets, 1);
  int *order = in_order(rows);
  AllRows all = {0};
  network.holds_statistics = sees_all_rows(field(text, "optimizer"));
  if (network.holds_statistics) begin_all_rows(&all, &network, &data);
  printf("{\"weights\":");
  write_weights(&network);
  printf(",\"epochs\":[");
  for (int epoch = 0; epoch < epochs && all.stop == NULL; epoch++) {
    double penalty = 0, total;
    if (network.holds_statistics) total = iterate_all_rows(&all);
    else total = train_by_batches(&network, &data, epoch, order, size, &penalty);
    printf("%s{\"logs\":", epoch > 0 ? "," : "");
    write_logs(&network, &validation, rows, total / rows, penalty / rows);
    printf(",\"weights\":");
    write_weights(&network);
    printf("}");
  }
  use_average(&network, field(text, "optimizer"));
  network.x = data.x;
  forward(&network, rows, false);
  printf(all.stop == NULL ? "]," : "],\"stopReason\":\"%s\",", all.stop);
  printf("\"final\":");
  write_weights(&network);
  printf(",\"predictions\":");
  write_floats(network.operation[network.operations - 1].y, rows * network.outputs);
  printf("}\n");
  return 0;
}
