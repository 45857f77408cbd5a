/* Sums over the rows of a batch: rows ascending in blocks of 4,096, then the sums of the blocks in order. */
#include "reference.h"

static float sum_of_block(int first, int end, int column, RowTerm term, const void *context) {
  float sum = 0;
  for (int i = first; i < end; i++) {
    int row = FAULT == sum_from_the_end ? first + end - 1 - i : i;
    sum = sum + term(context, row, column);
  }
  return sum;
}

void sum_over_rows(int rows, int columns, RowTerm term, const void *context, float *sum) {
  int block = FAULT == one_block ? rows : ROW_BLOCK;
  for (int j = 0; j < columns; j++) {
    float total = 0;
    for (int first = 0; first < rows; first += block) {
      int end = rows - first < block ? rows : first + block;
      float part = sum_of_block(first, end, j, term, context);
      total = first == 0 ? part : total + part;
    }
    sum[j] = total;
  }
}
