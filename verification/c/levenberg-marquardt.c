/* Levenberg-Marquardt: the matrix of Gauss and Newton, its factor, and the damping that makes a step lower the loss. */
#include "reference.h"

/* What the loss of an output has of the square of each of its values, before the weight of the row. */
static double share_of_square(const Objective *objective) {
  const char *loss = kind_of(field(objective->text, "loss"), "");
  double weight = FAULT == weight_of_squares ? 1 : FAULT == weight_in_single ? (float)objective->weight
                                                                             : objective->weight;
  if (is(loss, "meanSquaredError")) return weight * (2.0 / objective->width);
  if (is(loss, "halfSquaredError")) return weight;
  fail("levenbergMarquardt: loss unknown", loss);
}

/* Writes the derivatives that backward begins with: those of one column of an output of each row. */
static void fill_seed(const AllRows *all, int output, int column, float *seed) {
  const Objective *objective = all->network->objective + output;
  int rows = all->data->rows, n = objective->width;
  double root = sqrt(share_of_square(objective) / rows);
  if (FAULT == root_in_single) root = (float)root;
  for (int i = 0; i < rows; i++) {
    float weight = weight_of_row(all->data, i, FAULT == seed_of_first ? 0 : output);
    double divisor = FAULT == weight_not_rooted ? 1 : sqrt(weight);
    for (int j = 0; j < n; j++) seed[i * n + j] = 0;
    if (weight != 0) seed[i * n + column] = (float)(root / divisor);
  }
}

/* Adds the derivatives of a row by the weights of an affine operation; `first` are the places of the parameters. */
static void add_place(const Network *network, const Operation *operation, int row, const int *first, double *j) {
  const float *x = input_of(network, operation, 0) + row * operation->in, *dy = operation->dy + row * operation->out;
  double *weight = j + first[operation->parameter[0]];
  for (int u = 0; u < operation->out; u++) {
    for (int i = 0; i < operation->in; i++) {
      double *sum = weight + u * operation->in + i;
      *sum = *sum + (double)dy[u] * x[i];
      if (FAULT == places_in_single) *sum = (float)*sum;
    }
    if (operation->parameter[1] >= 0) j[first[operation->parameter[1]] + u] += dy[u];
  }
}

/* The derivatives of the chosen column of a row by all trained weights. */
static void fill_derivatives(const AllRows *all, int row, double *j) {
  const Network *network = all->network;
  int first[256], count = 0;
  for (int p = 0; p < network->parameters; p++) {
    const Parameter *parameter = network->parameter + p;
    first[p] = count;
    if (parameter->learned) count += parameter->units * parameter->inputs;
  }
  for (int v = 0; v < count; v++) j[v] = 0;
  for (int k = 0; k < network->operations; k++) {
    const Operation *operation = network->operation + (FAULT == last_place_first ? network->operations - 1 - k : k);
    if (!is(operation->kind, "affine") || operation->frozen || !operation->has_delta) continue;
    if (!operation->counts && FAULT != derivatives_without_loss) continue;
    add_place(network, operation, row, first, j);
  }
}

static void add_squares_of_row(int n, const double *j, double *h) {
  for (int v = 0; v < n; v++) {
    for (int w = v; w < n; w++) {
      double *sum = h + v * n + w;
      *sum = *sum + j[v] * j[w];
      if (FAULT == curvature_in_single) *sum = (float)*sum;
    }
  }
}

static void add_second_derivatives(const AllRows *all, double *h) {
  int n = all->size, v = 0;
  for (int p = 0; p < all->network->parameters; p++) {
    const Parameter *parameter = all->network->parameter + p;
    if (!parameter->learned) continue;
    for (int i = 0; i < parameter->units * parameter->inputs; i++, v++) h[v * n + v] += parameter->l2;
  }
}

/* Moves a sum of some rows to those of the rows before. */
static void end_block(int n, double *sum, double *done) {
  for (int v = 0; v < n * n; v++) {
    done[v] = done[v] + sum[v];
    sum[v] = 0;
  }
}

/* A matrix and, where a planted fault sums it in blocks, what the blocks before have. */
typedef struct {
  double *h, *done;
} Curvature;

/* Adds the squares of all rows for one column of an output. */
static void add_column(const AllRows *all, int output, int column, double *j, Curvature *sums) {
  int n = all->size, rows = all->data->rows;
  float *seed = zeroed((size_t)(rows * all->network->objective[output].width), sizeof(float));
  fill_seed(all, output, column, seed);
  differentiate_rows(all->network, all->data, output, seed);
  for (int i = 0; i < rows; i++) {
    fill_derivatives(all, FAULT == last_row_first ? rows - 1 - i : i, j);
    if (FAULT == curvature_in_blocks && i % ROW_BLOCK == 0) end_block(n, sums->h, sums->done);
    add_squares_of_row(n, j, sums->h);
  }
  free(seed);
}

/* The elements on and above the diagonal; rows of the matrix are complete. */
static double *curvature_of(const AllRows *all) {
  int n = all->size, outputs = all->network->objectives;
  size_t size = (size_t)n * (size_t)n;
  double *j = zeroed((size_t)n, sizeof(double));
  Curvature sums = {zeroed(size, sizeof(double)), zeroed(size, sizeof(double))};
  for (int o = 0; o < outputs; o++) {
    int output = FAULT == last_output_first ? outputs - 1 - o : o;
    const Objective *objective = all->network->objective + output;
    for (int column = 0; column < objective->width && objective->weight != 0; column++) {
      add_column(all, output, FAULT == last_column_first ? objective->width - 1 - column : column, j, &sums);
    }
  }
  if (FAULT == curvature_in_blocks) {
    end_block(n, sums.h, sums.done);
    memcpy(sums.h, sums.done, size * sizeof(double));
  }
  free(sums.done);
  if (FAULT != penalty_without_curvature) add_second_derivatives(all, sums.h);
  free(j);
  return sums.h;
}

/* The upper factor R with R'R = H + damping I. */
static void factor(int n, const double *h, double damping, double *r) {
  for (int v = 0; v < n; v++) {
    for (int w = v; w < n; w++) {
      double sum = h[v * n + w];
      if (v == w) sum = sum + (FAULT == scaled_damping ? damping * sum : damping);
      for (int u = 0; u < v; u++) {
        int at = FAULT == factor_from_below ? v - 1 - u : u;
        sum = sum - r[at * n + v] * r[at * n + w];
      }
      r[v * n + w] = v == w ? sqrt(sum) : sum / r[v * n + v];
    }
  }
}

/* Solves R'R x = -g; returns whether all of x is finite. */
static bool solve(int n, const double *r, const float *g, double *x) {
  bool finite = true;
  for (int v = 0; v < n; v++) {
    x[v] = -g[v];
    for (int u = 0; u < v; u++) x[v] = x[v] - r[u * n + v] * x[u];
    x[v] = x[v] / r[v * n + v];
  }
  for (int v = n - 1; v >= 0; v--) {
    for (int u = v + 1; u < n; u++) x[v] = x[v] - r[v * n + u] * x[u];
    x[v] = x[v] / r[v * n + v];
    finite = finite && isfinite(x[v]);
  }
  return finite;
}

static const char *reason_to_stop(const AllRows *all, const Json *optimizer, double loss, const float *gradient) {
  if (largest_of(all, gradient) <= number_of(optimizer, "gradientTolerance", 1e-7)) return "gradientTolerance";
  return loss <= number_of(optimizer, "goal", 0) ? "goal" : NULL;
}

static double single(double damping) { return FAULT == damping_in_double ? damping : (float)damping; }

static double at_least(double damping) {
  double least = FAULT == no_least_damping ? 0 : 1e-20f;
  return damping < least ? least : damping;
}

/* Raises the damping until a step lowers the loss; returns whether one does. */
static bool raise_damping(AllRows *all, const Json *optimizer, const double *h) {
  int n = all->size;
  double *r = zeroed((size_t)n * (size_t)n, sizeof(double)), *x = zeroed((size_t)n, sizeof(double));
  double *damping = all->memory, most = at_least(single(number_of(optimizer, "maxDamping", 1e10)));
  float *trial = new_vector(all), *gradient = new_vector(all);
  bool moved = false;
  for (; *damping <= most; *damping = single(*damping * number_of(optimizer, "dampingIncrease", 2))) {
    factor(n, h, *damping, r);
    if (!solve(n, r, all->gradient, x)) continue;
    for (int v = 0; v < n; v++) {
      trial[v] = FAULT == solution_in_single ? all->weights[v] + (float)x[v] : (float)(all->weights[v] + x[v]);
    }
    double loss = loss_at(all, trial, gradient);
    moved = FAULT == equal_loss ? loss <= all->loss : loss < all->loss;
    if (!moved) continue;
    *damping = at_least(single(*damping * number_of(optimizer, "dampingDecrease", 0.2)));
    all->stop = reason_to_stop(all, optimizer, loss, gradient);
    break;
  }
  if (!moved) all->stop = "maxDamping";
  free(r);
  free(x);
  free(trial);
  free(gradient);
  return moved;
}

bool levenberg_marquardt(AllRows *all, const Json *optimizer) {
  if (all->memory == NULL) {
    double *damping = all->memory = zeroed(1, sizeof(double));
    *damping = at_least(single(number_of(optimizer, "damping", 0.1)));
  }
  bool finite = isfinite(all->loss) && isfinite(largest_of(all, all->gradient));
  all->stop = finite ? reason_to_stop(all, optimizer, all->loss, all->gradient) : "notFinite";
  if (all->stop != NULL) return false;
  double *h = curvature_of(all);
  bool moved = raise_damping(all, optimizer, h);
  free(h);
  return moved;
}
