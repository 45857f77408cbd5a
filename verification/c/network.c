/* Turns layers into operations and parameters. */
#include "reference.h"

static int add_parameter(Network *network, int units, int inputs, bool learned) {
  int index = network->parameters++;
  if (index >= 256) fail("network", "too many parameters");
  Parameter *parameter = network->parameter + index;
  size_t size = (size_t)units * (size_t)inputs;
  *parameter = (Parameter){.units = units, .inputs = inputs, .learned = learned, .factor = 1};
  parameter->value = zeroed(size, sizeof(float));
  parameter->gradient = zeroed(size, sizeof(float));
  parameter->late = zeroed(size, sizeof(float));
  parameter->average = zeroed(size, sizeof(float));
  for (int i = 0; i < 3; i++) parameter->state[i] = zeroed(size, sizeof(float));
  return index;
}

static int add_vector(Network *network, int width, bool learned, float first) {
  int index = add_parameter(network, width, 1, learned);
  network->parameter[index].is_vector = true;
  for (int j = 0; j < width; j++) network->parameter[index].value[j] = first;
  return index;
}

Operation *add_operation(Network *network, const char *kind, const Json *config, int input, int in, int out) {
  if (network->operations >= 256) fail("network", "too many operations");
  Operation *operation = network->operation + network->operations++;
  *operation = (Operation){.kind = kind, .config = config, .inputs = {input}, .count = 1, .in = in, .out = out};
  for (int i = 0; i < 4; i++) operation->parameter[i] = -1;
  size_t size = (size_t)network->capacity * (size_t)out;
  operation->y = zeroed(size, sizeof(float));
  operation->dy = zeroed(size, sizeof(float));
  size_t batches = (size_t)(network->capacity / network->batch + 1) * (size_t)out;
  operation->mean = zeroed(batches, sizeof(float));
  operation->rest = zeroed(batches, sizeof(float));
  operation->variance = zeroed(batches, sizeof(float));
  return operation;
}

static void regularize(Parameter *parameter, const Json *layer, const char *regularizer, const char *constraint) {
  const Json *penalty = field(layer, regularizer);
  parameter->l1 = number_of(penalty, "l1", 0);
  parameter->l2 = number_of(penalty, "l2", 0);
  parameter->constraint = field(layer, constraint);
}

/* z = W x + b */
static void add_affine(Network *network, const Json *layer, int input, int in, int units) {
  Operation *operation = add_operation(network, "affine", layer, input, in, units);
  int weight = operation->parameter[0] = add_parameter(network, units, in, true);
  regularize(network->parameter + weight, layer, "kernelRegularizer", "kernelConstraint");
  initialize(field(layer, "kernelInitializer"), "glorotUniform", network->seed, weight, network->parameter + weight, in,
             units);
  if (!flag_of(layer, "useBias", true)) return;
  int bias = operation->parameter[1] = add_vector(network, units, true, 0);
  regularize(network->parameter + bias, layer, "biasRegularizer", "biasConstraint");
  initialize(field(layer, "biasInitializer"), "zeros", network->seed, bias, network->parameter + bias, in, units);
}

static void add_activation(Network *network, const Json *activation, int input, int width) {
  const char *kind = kind_of(activation, "linear");
  if (is(kind, "linear")) return;
  bool learns = is(kind, "prelu");
  Operation *operation = add_operation(network, learns ? "prelu" : "activation", activation, input, width, width);
  if (learns) operation->parameter[0] = add_vector(network, width, true, 0.25f);
}

static void add_penalty(Network *network, const Json *penalty, int width) {
  if (penalty == NULL) return;
  add_operation(network, "activityPenalty", penalty, network->operations - 1, width, width);
}

static void add_normalization(Network *network, const char *kind, const Json *layer, int input, int width) {
  Operation *operation = add_operation(network, kind, layer, input, width, width);
  if (flag_of(layer, "scale", true)) operation->parameter[0] = add_vector(network, width, true, 1);
  bool shifts = !is(kind, "rmsNormalization") && flag_of(layer, "center", true);
  if (shifts) operation->parameter[1] = add_vector(network, width, true, 0);
  if (!is(kind, "batchNormalization")) return;
  operation->parameter[2] = add_vector(network, width, false, 0);
  operation->parameter[3] = add_vector(network, width, false, 1);
}

static void fill_list(float *to, const Json *list) {
  if (list == NULL) return;
  for (const Json *part = list->first; part != NULL; part = part->next) *to++ = (float)part->number;
}

static void add_standardization(Network *network, const Json *layer, int input, int width) {
  Operation *operation = add_operation(network, "normalization", layer, input, width, width);
  operation->parameter[2] = add_vector(network, width, false, 0);
  operation->parameter[3] = add_vector(network, width, false, 1);
  fill_list(network->parameter[operation->parameter[2]].value, field(layer, "mean"));
  fill_list(network->parameter[operation->parameter[3]].value, field(layer, "variance"));
}

/* A table for each number of categories, or one for all columns. */
static void add_embedding(Network *network, const Json *layer, int input, int columns) {
  const Json *categories = field(layer, "inputDim"), *widths = field(layer, "outputDim");
  bool shared = categories->type == JSON_NUMBER;
  Operation *operation = add_operation(network, "embedding", layer, input, columns, 0);
  int out = 0, tables = shared ? 1 : columns;
  const Json *category = shared ? categories : categories->first;
  const Json *width = widths->type == JSON_NUMBER ? widths : widths->first;
  for (int c = 0; c < tables; c++) {
    int units = (int)category->number, values = (int)width->number;
    int index = add_parameter(network, units, values, true);
    Parameter *table = network->parameter + index;
    table->is_vector = table->is_table = true;
    regularize(table, layer, "embeddingsRegularizer", "embeddingsConstraint");
    initialize(field(layer, "embeddingsInitializer"), "randomUniform", network->seed, index, table, units, values);
    operation->parameter[c == 0 ? 0 : 1] = index; /* the first and the last of them */
    out += shared ? values * columns : values;
    category = category->next;
    if (widths->type == JSON_LIST) width = width->next;
  }
  operation->out = out;
  free(operation->y);
  free(operation->dy);
  operation->y = zeroed((size_t)network->capacity * (size_t)out, sizeof(float));
  operation->dy = zeroed((size_t)network->capacity * (size_t)out, sizeof(float));
}

static bool is_merge(const char *kind) {
  return is(kind, "add") || is(kind, "multiply") || is(kind, "subtract") || is(kind, "average") ||
         is(kind, "maximum") || is(kind, "minimum") || is(kind, "concatenate") || is(kind, "dot");
}

static void add_merge(Network *network, const char *kind, const Json *layer, const int *inputs, int count) {
  int width = 0;
  for (int i = 0; i < count; i++) {
    int own = width_of(network, inputs[i]);
    width = is(kind, "concatenate") ? width + own : own;
  }
  int out = is(kind, "dot") ? 1 : width;
  Operation *operation = add_operation(network, kind, layer, inputs[0], width, out);
  for (int i = 0; i < count; i++) operation->inputs[i] = inputs[i];
  operation->count = count;
}

void freeze(Network *network, int operation, int parameter) {
  for (; operation < network->operations; operation++) network->operation[operation].frozen = true;
  for (; parameter < network->parameters; parameter++) {
    Parameter *frozen = network->parameter + parameter;
    frozen->learned = false;
    if (FAULT != frozen_penalty) frozen->l1 = frozen->l2 = 0;
    frozen->constraint = NULL;
  }
}

void add_layer(Network *network, const Json *layer, const int *inputs, int count) {
  const char *kind = kind_of(layer, "");
  int input = inputs[0];
  int width = width_of(network, input);
  int units = (int)number_of(layer, "units", 0);
  if (is(kind, "dense")) {
    add_affine(network, layer, input, width, units);
    add_activation(network, field(layer, "activation"), network->operations - 1, units);
    add_penalty(network, field(layer, "activityRegularizer"), units);
  } else if (is(kind, "maxout")) {
    int pieces = (int)number_of(layer, "pieces", 2);
    add_affine(network, layer, input, width, units * pieces);
    add_operation(network, "maxPieces", layer, network->operations - 1, units * pieces, units);
    add_penalty(network, field(layer, "activityRegularizer"), units);
  } else if (is(kind, "activation")) {
    const Json *activation = field(layer, "activation");
    if (is(kind_of(activation, ""), "linear")) add_operation(network, "identity", layer, input, width, width);
    else add_activation(network, activation, input, width);
  } else if (is(kind, "prelu")) {
    int slope = add_vector(network, width, true, 0.25f);
    add_operation(network, "prelu", layer, input, width, width)->parameter[0] = slope;
    const Json *initializer = field(layer, "slopeInitializer");
    Parameter *slopes = network->parameter + slope;
    if (initializer != NULL) initialize(initializer, "", network->seed, slope, slopes, width, width);
  } else if (is(kind, "batchNormalization") || is(kind, "layerNormalization") || is(kind, "rmsNormalization")) {
    add_normalization(network, kind, layer, input, width);
  } else if (is(kind, "normalization")) add_standardization(network, layer, input, width);
  else if (is(kind, "embedding")) add_embedding(network, layer, input, width);
  else if (is(kind, "activityRegularization")) add_operation(network, "activityPenalty", layer, input, width, width);
  else if (is_merge(kind)) add_merge(network, kind, layer, inputs, count);
  else add_operation(network, kind, layer, input, width, width); /* dropout, noise, rescaling */
}
