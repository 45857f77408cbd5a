/* The data of a description: verification/README.md has the formula. */
#include "reference.h"

static uint32_t mix(uint32_t i, uint32_t j, uint32_t stream) {
  uint32_t h = i * 0x9e3779b1u + j * 0x85ebca77u + stream * 0xc2b2ae3du;
  h = (h ^ h >> 15) * 0x2c1b3c6du;
  h = (h ^ h >> 12) * 0x297a2d39u;
  return h ^ h >> 15;
}

enum { INPUTS, TARGETS, WEIGHTS };

/* Columns between the first targets of one output and of the next. */
enum { APART = 64 };

static float target_of(const char *form, uint32_t h) {
  if (is(form, "values")) return (float)((double)(h >> 8) * 0x1p-23 - 1);
  if (is(form, "positive")) return (float)((double)(h >> 8) * 0x1p-22);
  if (is(form, "binary")) return (float)(h >> 31);
  if (is(form, "signs")) return h >> 31 ? 1 : -1;
  fail("targets unknown", form);
}

static void make_targets(const Network *network, Data *data, int row, uint32_t stream) {
  for (int o = 0; o < network->objectives; o++) {
    const Objective *objective = network->objective + o;
    const char *form = field(objective->text, "targets")->text;
    float *t = data->t + row * data->targets + objective->first_target;
    uint32_t i = (uint32_t)row, first = (uint32_t)(APART * o), n = (uint32_t)objective->targets;
    bool classes = is(form, "classes") || is(form, "oneHot");
    if (classes) t[mix(i, first, stream) % n] = 1;
    for (uint32_t j = 0; !classes && j < n; j++) t[j] = target_of(form, mix(i, first + j, stream));
  }
}

/* A weight for all outputs, or one for each: 1 where an output has none. */
static void make_weights(const Network *network, Data *data, int row, uint32_t stream) {
  for (int o = 0; o < data->weight_vectors; o++) {
    bool given = data->weight_vectors == 1 || flag_of(network->objective[o].text, "sampleWeight", false);
    uint32_t word = mix((uint32_t)row, (uint32_t)o, stream);
    data->weights[row * data->weight_vectors + o] = given ? (float)(word % 9) / 4 : 1;
  }
}

static int weight_vectors(const Network *network) {
  if (flag_of(network->text, "sampleWeight", false)) return 1;
  for (int o = 0; o < network->objectives; o++) {
    if (flag_of(network->objective[o].text, "sampleWeight", false)) return network->objectives;
  }
  return 0;
}

Data make_data(const Network *network, int rows, uint32_t part) {
  const Json *text = network->text;
  uint32_t stream = ((uint32_t)number_of(text, "data", 0) * 2 + part) * 4;
  double scale = number_of(text, "scale", 1);
  uint32_t categories = (uint32_t)number_of(text, "categories", 0);
  Data data = {.rows = rows};
  for (int i = 0; i < network->inputs; i++) data.width += network->input[i].width;
  for (int o = 0; o < network->objectives; o++) data.targets += network->objective[o].targets;
  data.x = zeroed((size_t)(rows * data.width), sizeof(float));
  data.t = zeroed((size_t)(rows * data.targets), sizeof(float));
  if (part == 0) data.weight_vectors = weight_vectors(network);
  if (data.weight_vectors > 0) data.weights = zeroed((size_t)(rows * data.weight_vectors), sizeof(float));
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < data.width; j++) {
      uint32_t h = mix((uint32_t)i, (uint32_t)j, stream + INPUTS);
      double value = ((double)(h >> 8) * 0x1p-23 - 1) * scale;
      data.x[i * data.width + j] = categories > 0 ? (float)(h % categories) : (float)value;
    }
    make_targets(network, &data, i, stream + TARGETS);
    make_weights(network, &data, i, stream + WEIGHTS);
  }
  return data;
}

float weight_of_row(const Data *data, int row, int output) {
  int vectors = data->weight_vectors;
  return vectors == 0 ? 1 : data->weights[row * vectors + (vectors == 1 ? 0 : output)];
}

/* Columns `first` to `first` + `width` of rows of `all` values. */
float *columns_of(const float *from, int rows, int all, int first, int width) {
  float *to = zeroed((size_t)(rows * width), sizeof(float));
  for (int i = 0; i < rows; i++) memcpy(to + i * width, from + i * all + first, (size_t)width * sizeof(float));
  return to;
}
