/*
 * The graph of a description: inputs, layers in the order in which a walk from the outputs meets them, layers in
 * several places, outputs with their losses.
 */
#include "reference.h"

enum { MOST_PLACES = 256 };

typedef struct {
  const Json *text;
  bool made;
  int output;                /* the operation that has what it computes */
  int first, end;            /* operations of a layer that was met before */
} Place;

/* By number: inputs, then layers. */
static Place places[MOST_PLACES];

static void visit(Network *network, int number);

/* The same layer once more: the same parameters, other operations. */
static void repeat(Network *network, const Place *before, const int *inputs, int count) {
  for (int k = before->first; k < before->end; k++) {
    const Operation old = network->operation[k];
    Operation *again = add_operation(network, old.kind, old.config, network->operations - 1, old.in, old.out);
    memcpy(again->parameter, old.parameter, sizeof old.parameter);
    again->frozen = old.frozen;
    if (k > before->first) continue;
    again->count = count;
    memcpy(again->inputs, inputs, (size_t)count * sizeof *inputs);
  }
}

static void make(Network *network, int number, const int *inputs, int count) {
  const Json *same = field(places[number].text, "same");
  Place *layer = places + (same == NULL ? number : (int)same->number);
  if (layer->end > 0) {
    repeat(network, layer, inputs, count);
    return;
  }
  int parameters = network->parameters;
  layer->first = network->operations;
  add_layer(network, layer->text, inputs, count);
  layer->end = network->operations;
  for (int p = parameters; p < network->parameters; p++) {
    network->parameter[p].factor = number_of(layer->text, "learningRateFactor", 1);
  }
  if (!flag_of(layer->text, "trainable", true)) freeze(network, layer->first, parameters);
}

/* Depth first: what a layer reads, in order, and then the layer. */
static void visit(Network *network, int number) {
  Place *place = places + number;
  if (place->made) return;
  int inputs[MOST_INPUTS], read[MOST_INPUTS] = {number - 1}, count = 0;
  const Json *from = field(place->text, "from");
  for (const Json *part = from == NULL ? NULL : from->first; part != NULL; part = part->next) {
    if (count >= MOST_INPUTS) fail("network", "too many inputs of a layer");
    read[count++] = (int)part->number;
  }
  if (count == 0) count = 1;
  for (int i = 0; i < count; i++) visit(network, read[FAULT == walk_backwards ? count - 1 - i : i]);
  for (int i = 0; i < count; i++) inputs[i] = places[read[i]].output;
  make(network, number, inputs, count);
  place->made = true;
  place->output = network->operations - 1;
}

static void read_inputs(Network *network, const Json *inputs) {
  const Json *width = inputs->type == JSON_LIST ? inputs->first : inputs;
  for (; width != NULL; width = inputs->type == JSON_LIST ? width->next : NULL) {
    if (network->inputs >= MOST_INPUTS) fail("network", "too many inputs");
    int number = network->inputs++, own = (int)width->number;
    Input *input = network->input + number;
    *input = (Input){.width = own, .first = network->width};
    input->x = zeroed((size_t)network->capacity * (size_t)own, sizeof(float));
    network->width += own;
    places[number] = (Place){.made = true, .output = -1 - number};
  }
}

/* The name of the layer, by its number from 0; a further output of a layer has a number of its own. */
static void name_output(Network *network, Objective *objective, int number) {
  const Json *same = field(places[number].text, "same");
  int layer = (same == NULL ? number : (int)same->number) - network->inputs, before = 0;
  for (const Objective *other = network->objective; other < objective; other++) before += other->layer == layer;
  objective->layer = layer;
  if (before == 0) sprintf(objective->name, "layer%d", layer);
  else sprintf(objective->name, "layer%d_%d", layer, before);
}

static void add_objective(Network *network, const Json *text, int number) {
  if (network->objectives >= MOST_OUTPUTS) fail("network", "too many outputs");
  visit(network, number);
  Objective *objective = network->objective + network->objectives++;
  const Operation *last = network->operation + places[number].output;
  *objective = (Objective){.text = text, .last = places[number].output, .width = last->out};
  objective->targets = targets_of(field(text, "loss"), last->out);
  objective->weight = number_of(text, "weight", 1);
  objective->made_by = is(last->kind, "activation") ? kind_of(last->config, "") : last->kind;
  if (objective > network->objective) {
    objective->first_target = objective[-1].first_target + objective[-1].targets;
  }
  name_output(network, objective, number);
}

/* Whether an operation reads the value of another, or an output is that value. */
static bool is_read(const Network *network, int value, const Objective *but) {
  for (int k = 0; k < network->operations; k++) {
    for (int i = 0; i < network->operation[k].count; i++) {
      if (network->operation[k].inputs[i] == value) return true;
    }
  }
  for (int o = 0; o < network->objectives; o++) {
    if (network->objective + o != but && network->objective[o].last == value) return true;
  }
  return false;
}

/* Where the loss begins: at the logits if it computes the activation itself. */
static void find_beginning(Network *network, Objective *objective) {
  const Operation *last = network->operation + objective->last;
  const char *within = activation_within(field(objective->text, "loss"));
  objective->begins = objective->last;
  if (within == NULL || !is(objective->made_by, within) || !is(last->kind, "activation")) return;
  if (is_read(network, objective->last, objective)) return;
  for (int o = 0; o < network->objectives; o++) {
    const Objective *other = network->objective + o;
    if (other->last == last->inputs[0] || (other < objective && other->begins == last->inputs[0])) return;
  }
  objective->of_logits = true;
  objective->begins = last->inputs[0];
}

/* What a loss of a weight other than 0, or a penalty on values, depends on. Other deltas and gradients are 0. */
static void mark_counting(Network *network) {
  for (int o = 0; o < network->objectives; o++) {
    if (network->objective[o].weight != 0) network->operation[network->objective[o].last].counts = true;
  }
  for (int k = network->operations - 1; k >= 0; k--) {
    Operation *operation = network->operation + k;
    if (is(operation->kind, "activityPenalty")) operation->counts = true;
    for (int i = 0; operation->counts && i < operation->count; i++) {
      if (operation->inputs[i] >= 0) network->operation[operation->inputs[i]].counts = true;
    }
  }
}

void build(Network *network, const Json *text, int capacity) {
  *network = (Network){.text = text, .capacity = capacity};
  network->batch = (int)number_of(text, "batchSize", 32);
  if (FAULT == statistics_of_update) network->batch *= (int)number_of(field(text, "optimizer"), "accumulate", 1);
  network->seed = (uint32_t)number_of(text, "seed", 0);
  read_inputs(network, field(text, "inputs"));
  int number = network->inputs;
  for (const Json *layer = field(text, "layers")->first; layer != NULL; layer = layer->next) {
    if (number >= MOST_PLACES) fail("network", "too many layers");
    places[number++] = (Place){.text = layer};
  }
  const Json *outputs = field(text, "outputs");
  if (outputs == NULL) add_objective(network, text, number - 1);
  for (const Json *one = outputs == NULL ? NULL : outputs->first; one != NULL; one = one->next) {
    add_objective(network, one, (int)field(one, "layer")->number);
  }
  if (network->objectives == 1) network->objective[0].name[0] = 0;
  for (int o = 0; o < network->objectives; o++) find_beginning(network, network->objective + o);
  mark_counting(network);
}

int rows_of_batch(const Network *network, int first, int rows) {
  return rows - first < network->batch ? rows - first : network->batch;
}

int width_of(const Network *network, int source) {
  return source < 0 ? network->input[-1 - source].width : network->operation[source].out;
}

const float *input_of(const Network *network, const Operation *operation, int which) {
  int source = operation->inputs[which];
  return source < 0 ? network->input[-1 - source].x : network->operation[source].y;
}

/* Takes rows of all inputs side by side. */
void take_inputs(Network *network, const float *x, int rows) {
  for (Input *input = network->input; input < network->input + network->inputs; input++) {
    float *own = columns_of(x, rows, network->width, input->first, input->width);
    memcpy(input->x, own, (size_t)(rows * input->width) * sizeof(float));
    free(own);
  }
}
