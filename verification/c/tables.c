/* Embeddings: a learned vector for each category, in a table for each column or one for all. */
#include "reference.h"

typedef struct {
  const Parameter *table;
  int width, begin, category; /* values of the vector, the first of them in y, and which vector */
} Vector;

static Vector vector_of(const Network *network, const Operation *operation, const float *x, int column) {
  Vector vector = {.begin = 0};
  for (int c = 0; c <= column; c++) {
    vector.begin += vector.width;
    vector.table = network->parameter + operation->parameter[0] + (operation->parameter[1] < 0 ? 0 : c);
    vector.width = vector.table->inputs;
  }
  vector.category = (int)x[column];
  return vector;
}

void embed(const Network *network, Operation *operation, int rows, const float *x) {
  for (int i = 0; i < rows; i++) {
    for (int c = 0; c < operation->in; c++) {
      Vector v = vector_of(network, operation, x + i * operation->in, c);
      const float *from = v.table->value + v.category * v.width;
      memcpy(operation->y + i * operation->out + v.begin, from, (size_t)v.width * sizeof(float));
    }
  }
}

/* Rows ascending and columns ascending in a row, in blocks of 4,096 rows. */
void embed_backward(Network *network, Operation *operation, int rows, const float *x) {
  int last = operation->parameter[1] < 0 ? operation->parameter[0] : operation->parameter[1];
  for (int p = operation->parameter[0]; p <= last; p++) {
    Parameter *table = network->parameter + p;
    int size = table->units * table->inputs;
    float *part = zeroed((size_t)size, sizeof(float));
    for (int i = 0; i < rows; i++) {
      for (int c = 0; c < operation->in; c++) {
        Vector v = vector_of(network, operation, x + i * operation->in, c);
        const float *dy = operation->dy + i * operation->out + v.begin;
        float *to = part + v.category * v.width;
        for (int j = 0; v.table == table && j < v.width; j++) to[j] = to[j] + dy[j];
      }
      if ((i + 1) % ROW_BLOCK != 0 && i + 1 < rows) continue;
      for (int k = 0; k < size; k++) {
        table->gradient[k] = i < ROW_BLOCK ? part[k] : table->gradient[k] + part[k];
        part[k] = 0;
      }
    }
    free(part);
  }
}
