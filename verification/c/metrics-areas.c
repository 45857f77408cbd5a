/*
 * Areas under curves, of each output by itself: the rows in descending order of their outputs, equal ones as one group.
 */
#include "reference.h"

bool is_area(const char *kind) { return is(kind, "auc") || is(kind, "averagePrecision"); }

typedef struct {
  float score, weight;
  int row;
  bool positive;
} Scored;

static int in_descending_order(const void *left, const void *right) {
  const Scored *a = left, *b = right;
  if (a->score != b->score) return a->score > b->score ? -1 : 1;
  return a->row - b->row;
}

typedef struct {
  double all, negatives; /* weights of positives and of negatives */
  double hits, answers;  /* of groups before: positives, and both kinds */
  double sum;
} Area;

static void add_roc(Area *area, double positives, double negatives) {
  area->sum = area->sum + negatives * (area->hits + (FAULT == ties_are_lost ? 0 : positives / 2));
}

static void add_steps(Area *area, double positives, double negatives) {
  double hits = area->hits + positives, answers = area->answers + (positives + negatives);
  if (positives > 0) area->sum = area->sum + positives * (hits / answers);
  area->answers = answers;
}

/* Davis and Goadrich: within a group false positives come at a constant rate per true one. */
static void add_joined(Area *area, double positives, double negatives) {
  double before = area->answers, next = (before + positives) + negatives;
  area->answers = next;
  if (!(positives > 0)) return;
  double slope = positives / (next - before), intercept = area->hits - slope * before;
  double bent = before > 0 && FAULT != straight_lines ? intercept * log_d(next / before) : 0;
  area->sum = area->sum + slope * (positives + bent);
}

/* The area of output j; false where it does not count. */
static bool area_of(const Measured *m, int j, bool roc, bool joined, double *value) {
  Scored *list = zeroed((size_t)m->rows, sizeof *list);
  Area area = {0};
  float cut = cut_of_areas(m);
  int count = 0;
  bool undefined = false;
  for (int row = 0; row < m->rows; row++) {
    float weight = m->weights == NULL ? 1 : m->weights[row];
    if (weight == 0) continue;
    Scored scored = {m->y[row * m->n + j], weight, row, m->t[row * m->n + j] > cut};
    if (scored.positive) area.all = area.all + weight;
    else area.negatives = area.negatives + weight;
    undefined = undefined || isnan(scored.score);
    list[count++] = scored;
  }
  bool counts = area.all > 0 && (!roc || area.negatives > 0);
  if (counts && !undefined) qsort(list, (size_t)count, sizeof *list, in_descending_order);
  for (int i = 0; counts && !undefined && i < count;) {
    double positives = 0, negatives = 0;
    float score = list[i].score;
    for (; i < count && list[i].score == score; i++) {
      if (list[i].positive) positives = positives + list[i].weight;
      else negatives = negatives + list[i].weight;
    }
    (roc ? add_roc : joined ? add_joined : add_steps)(&area, positives, negatives);
    area.hits = area.hits + positives;
  }
  free(list);
  *value = undefined ? NAN : roc ? (area.sum / area.all) / area.negatives : area.sum / area.all;
  if (roc && m->weights == NULL && !undefined) *value = area.sum / (area.all * area.negatives);
  return counts;
}

bool measure_area(const Measured *m, const char *kind, double *value) {
  if (!is_area(kind)) return false;
  bool joined = is(kind_of(field(m->metric, "curve"), "ROC"), "PR"), roc = is(kind, "auc") && !joined;
  double sum = 0;
  int counted = 0;
  for (int j = 0; j < m->n; j++) {
    double own;
    if (!area_of(m, j, roc, joined, &own)) continue;
    sum = sum + own;
    counted++;
  }
  *value = counted > 0 ? sum / counted : roc ? 0.5 : 0;
  return true;
}
