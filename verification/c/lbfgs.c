/* L-BFGS: a direction from the last steps and changes of the gradient, and a line search along it. */
#include "reference.h"

/* A point of the line: how far it is, the loss there, and its derivative along the direction. */
typedef struct {
  double step, value, slope;
} Point;

typedef struct {
  AllRows *all;
  const float *direction;
  float *trial, *gradient; /* weights that were computed last, and their gradient */
  Point start;
  int computed;
} Search;

enum { MOST_STEPS = 25 };

static Point compute_point(Search *search, double step) {
  add_scaled(search->all, search->all->weights, step, search->direction, search->trial);
  double value = loss_at(search->all, search->trial, search->gradient);
  search->computed++;
  return (Point){step, value, dot_vectors(search->all, search->gradient, search->direction)};
}

static bool too_high(const Search *search, Point point) {
  double limit = search->start.value + (1e-4 * point.step) * search->start.slope;
  if (FAULT == any_decrease) limit = search->start.value;
  return !(point.value <= limit) || !isfinite(point.slope);
}

static bool flat(const Search *search, Point point) {
  double share = FAULT == weak_curvature ? 0.5 : 0.9;
  return fabs(point.slope) <= share * -search->start.slope;
}

/* Where the cubic through two points has its minimum; NaN where it has none. */
static double minimum_of_cubic(Point a, Point b) {
  double d = (a.slope + b.slope) - (3 * (a.value - b.value)) / (a.step - b.step);
  double q = d * d - a.slope * b.slope;
  if (!(q >= 0)) return NAN;
  double r = b.step > a.step ? sqrt(q) : -sqrt(q);
  return b.step - ((b.step - a.step) * ((b.slope + r) - d)) / ((b.slope - a.slope) + 2 * r);
}

static double between(Point low, Point high) {
  double left = fmin(low.step, high.step), right = fmax(low.step, high.step);
  double margin = FAULT == no_margin ? 0 : 0.1 * (right - left), cubic = minimum_of_cubic(low, high);
  if (!isfinite(cubic) || FAULT == bisection) return left + (right - left) / 2;
  return fmin(fmax(cubic, left + margin), right - margin);
}

/* Returns the step that it takes; 0 where the search fails. */
static double zoom(Search *search, Point low, Point high) {
  while (search->computed < MOST_STEPS && low.step != high.step) {
    double step = between(low, high);
    if (step == low.step || step == high.step) break;
    Point point = compute_point(search, step);
    if (too_high(search, point) || point.value >= low.value) {
      high = point;
      continue;
    }
    if (flat(search, point)) return step;
    if (point.slope * (high.step - low.step) >= 0) high = low;
    low = point;
  }
  return low.step;
}

static double search_line(Search *search, double step) {
  Point before = search->start;
  if (FAULT == full_first_step) step = 1;
  for (;;) {
    Point point = compute_point(search, step);
    if (too_high(search, point) || (before.step > 0 && point.value >= before.value)) {
      return zoom(search, before, point);
    }
    if (flat(search, point)) return step;
    if (point.slope >= 0) return zoom(search, point, before);
    if (search->computed >= MOST_STEPS) return step;
    double cubic = minimum_of_cubic(before, point), least = step + 0.1 * (step - before.step);
    before = point;
    if (cubic > least) step = FAULT == no_growth_limit ? cubic : fmin(cubic, 10 * step);
    else step = cubic <= least ? least : 10 * step;
  }
}

/* Pairs of steps and changes, by their places. */
typedef struct {
  float **step, **change;
  int size, next;
} History;

static History *history_of(AllRows *all, const Json *optimizer) {
  History *history = all->memory;
  if (history == NULL) {
    history = all->memory = zeroed(1, sizeof(History));
    history->size = (int)number_of(optimizer, "historySize", 10);
    history->step = zeroed((size_t)history->size, sizeof(float *));
    history->change = zeroed((size_t)history->size, sizeof(float *));
    for (int i = 0; i < history->size; i++) {
      history->step[i] = new_vector(all);
      history->change[i] = new_vector(all);
    }
  }
  history->next = (int)(all->network->updates % history->size);
  return history;
}

/* The place of the pair that is `back` before the newest one. */
static int place(const History *history, int back) {
  return (history->next - 1 - back + 2 * history->size) % history->size;
}

/* Writes the direction; returns whether any pair counts. */
static bool turn(const AllRows *all, const History *history, float *direction) {
  int size = history->size, newest = -1;
  double *curvature = zeroed((size_t)size, sizeof(double)), *share = zeroed((size_t)size, sizeof(double));
  memcpy(direction, all->gradient, (size_t)all->size * sizeof(float));
  scale_vector(all, -1, direction);
  for (int back = 0; back < size; back++) {
    int at = FAULT == oldest_first ? place(history, size - 1 - back) : place(history, back);
    curvature[back] = dot_vectors(all, history->step[at], history->change[at]);
    if (!(curvature[back] > 0)) continue;
    if (newest < 0 || FAULT == scale_of_oldest) newest = back;
    share[back] = dot_vectors(all, history->step[at], direction) / curvature[back];
    add_scaled(all, direction, -share[back], history->change[at], direction);
  }
  if (newest >= 0) {
    const float *change = history->change[place(history, newest)];
    scale_vector(all, curvature[newest] / dot_vectors(all, change, change), direction);
  }
  for (int back = size - 1; back >= 0; back--) {
    int at = FAULT == oldest_first ? place(history, size - 1 - back) : place(history, back);
    if (!(curvature[back] > 0)) continue;
    double factor = share[back] - dot_vectors(all, history->change[at], direction) / curvature[back];
    add_scaled(all, direction, factor, history->step[at], direction);
  }
  free(curvature);
  free(share);
  return newest >= 0;
}

/* Sets the direction and searches along it; returns the step, 0 where the search fails. */
static double descend(AllRows *all, const History *history, float *direction, Search *search) {
  bool known = turn(all, history, direction);
  double slope = dot_vectors(all, all->gradient, direction);
  if (!(slope < 0)) return 0;
  search->start = (Point){0, all->loss, slope};
  search->computed = 0;
  return search_line(search, known ? 1 : fmin(1, 1 / sqrt(-slope)));
}

static bool has_steps(const AllRows *all, const History *history) {
  for (int i = 0; i < history->size; i++) {
    if (dot_vectors(all, history->step[i], history->step[i]) > 0) return true;
  }
  return false;
}

static void forget(const AllRows *all, float *step, float *change) {
  scale_vector(all, 0, step);
  scale_vector(all, 0, change);
}

static void remember(const AllRows *all, const History *history, const Search *search) {
  float *step = history->step[history->next], *change = history->change[history->next];
  add_scaled(all, search->trial, -1, all->weights, step);
  add_scaled(all, search->gradient, -1, all->gradient, change);
  double sizes = dot_vectors(all, step, step) * dot_vectors(all, change, change);
  double least = FAULT == curvature_threshold ? 0.1 * sqrt(sizes) : 1e-8 * sqrt(sizes);
  if (!(dot_vectors(all, step, change) > least)) forget(all, step, change);
}

bool lbfgs(AllRows *all, const Json *optimizer) {
  double of_gradient = number_of(optimizer, "gradientTolerance", 1e-5);
  double of_change = number_of(optimizer, "changeTolerance", 1e-9), largest = largest_of(all, all->gradient);
  all->stop = !isfinite(all->loss) || !isfinite(largest) ? "notFinite"
              : largest <= of_gradient                   ? "gradientTolerance"
                                                         : NULL;
  if (all->stop != NULL) return false;
  History *history = history_of(all, optimizer);
  float *direction = new_vector(all);
  Search search = {.all = all, .direction = direction, .trial = new_vector(all), .gradient = new_vector(all)};
  double step = descend(all, history, direction, &search);
  if (step == 0 && has_steps(all, history) && FAULT != history_kept) {
    for (int i = 0; i < history->size; i++) forget(all, history->step[i], history->change[i]);
    step = descend(all, history, direction, &search);
  }
  if (step == 0) all->stop = "lineSearch";
  else {
    double value = compute_point(&search, step).value, change = all->loss - value;
    remember(all, history, &search);
    double size = fmax(fmax(fabs(all->loss), fabs(value)), FAULT == relative_change ? 0 : 1);
    if (largest_of(all, search.gradient) <= of_gradient) all->stop = "gradientTolerance";
    else if (change <= of_change * size) all->stop = "changeTolerance";
  }
  free(direction);
  free(search.trial);
  free(search.gradient);
  return step != 0;
}
