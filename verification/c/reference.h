/*
 * Declarations of the second implementation: what docs/numerics.md defines, once more, in scalar C11. No file of
 * the library is included or linked.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(FLT_EVAL_METHOD == 0, "float is computed as float: no x87 registers");

/*
 * Faults that a build with -DFAULTS can plant on purpose: the name of one is the program's argument. The vectors have
 * to catch each of them.
 */
#define FAULT_LIST(X) \
  X(fused_product)           /* one multiply-add of a matrix product is rounded once */ \
  X(bias_last)               /* a bias is added after the products instead of before */ \
  X(sum_from_the_end)        /* the rows of a gradient are added from the last to the first */ \
  X(lanes_in_a_row)          /* the lanes of a sum along a row are joined one after another */ \
  X(exponential_constant)    /* one coefficient of e^x is off by a unit in the last place; so for the next three */ \
  X(logarithm_constant) \
  X(tangent_constant) \
  X(error_constant) \
  X(exponential_above)       /* e^x does not hold x from above; so for the next five bounds */ \
  X(exponential_below) \
  X(expm1_below) \
  X(error_bounds) \
  X(mish_above) \
  X(tanh_gelu_bounds) \
  X(celu_threshold)          /* celu computes negative x however close to 0 */ \
  X(mask_counter)            /* masks are those of the row before */ \
  X(shuffle_word)            /* the shuffle takes the words from the second on */ \
  X(angle_of_normals)        /* normal numbers take the sine where they should take the cosine */ \
  X(span_in_double)          /* the span of uniform numbers is computed before its ends are rounded */ \
  X(one_pass)                /* orthogonal never repeats its projections */ \
  X(first_attempt)           /* orthogonal takes a matrix that is nearly singular */ \
  X(dropped_in_single)       /* what alpha dropout puts for dropped values is computed in float32 */ \
  X(norm_threshold)          /* normalized products count larger norms as 0 */ \
  X(unbiased_rest)           /* batch normalization does not correct its variance by the mean's rounding */ \
  X(statistics_of_update)    /* batch normalization takes the batches of an update as one */ \
  X(one_block)               /* sums over rows are not divided into blocks of 4,096 */ \
  X(smoothing_in_single)     /* the numbers of label smoothing are computed in float32 */ \
  X(validation_not_smoothed) /* a validation has the targets as they are given */ \
  X(balance_in_single)       /* 1 - alpha of a focal loss is computed in float32 */ \
  X(quantile_in_double)      /* q - 1 of the quantile loss is computed in float64 */ \
  X(penalty_in_double)       /* the share of a row in a penalty on values is computed in float64 */ \
  X(penalty_of_batch)        /* a penalty on values is divided by the rows of a batch, not of the update */ \
  X(penalty_terms)           /* the log of a penalty on values adds all its absolute values first */ \
  X(frozen_penalty)          /* the log of penalties counts weights that are not trained */ \
  X(matrices_decay)          /* vectors do not decay */ \
  X(decay_in_single)         /* the factor of weight decay is computed in float32 */ \
  X(bias_correction)         /* Adam counts its updates from 0 */ \
  X(epsilon_in_root)         /* Adam adds epsilon under the root */ \
  X(repeated_product)        /* a power is computed product after product */ \
  X(statistics_averaged)     /* running statistics, too, are replaced by an average */ \
  X(loss_in_single)          /* the loss of an epoch is summed in float32 */ \
  X(statistics_of_trials)    /* running statistics move with each loss that an iteration computes */ \
  X(loss_before)             /* the loss in the logs of an iteration is the one before it */ \
  X(penalty_not_minimized)   /* the loss that an iteration lowers is without penalties */ \
  X(dot_in_single)           /* dots of vectors are summed in float32 */ \
  X(step_in_double)          /* the factor of a vector that is added is not rounded to float32 */ \
  X(oldest_first)            /* L-BFGS goes through its pairs from the oldest to the newest first */ \
  X(scale_of_oldest)         /* L-BFGS scales its direction by the oldest pair */ \
  X(curvature_threshold)     /* L-BFGS forgets steps of low curvature */ \
  X(history_kept)            /* L-BFGS does not search again without its history */ \
  X(relative_change)         /* changeTolerance is a share of the loss, be it below 1 or not */ \
  X(full_first_step)         /* the first step is 1 without a history, too */ \
  X(any_decrease)            /* any decrease of the loss is enough */ \
  X(weak_curvature)          /* half of the slope may remain */ \
  X(no_margin)               /* a step between two others may be close to one of them */ \
  X(bisection)               /* it is in the middle between them */ \
  X(no_growth_limit)         /* a step grows by any factor */ \
  X(weight_not_rooted)       /* the Jacobian has the weight of a row where it should have its root */ \
  X(root_in_single)          /* the factor of the Jacobian is rounded to float32 before its division */ \
  X(curvature_in_single)     /* the matrix of Gauss and Newton is summed in float32 */ \
  X(curvature_in_blocks)     /* it is summed in blocks of 4,096 rows */ \
  X(last_row_first)          /* it is summed over the rows from the last to the first */ \
  X(last_output_first)       /* it begins with the last output */ \
  X(penalty_without_curvature) /* it does not have the second derivatives of penalties */ \
  X(factor_from_below)       /* the sums of the factor are from the last row to the first */ \
  X(solution_in_single)      /* the solution is rounded to float32 before it is added */ \
  X(scaled_damping)          /* the diagonal is multiplied by 1 + damping, as in Marquardt's paper */ \
  X(damping_in_double)       /* the damping is kept in float64 */ \
  X(no_least_damping)        /* it may become less than 1e-20 */ \
  X(equal_loss)              /* a step that leaves the loss as it is counts */
#define FAULT_NAME(name) name,
enum { no_fault, FAULT_LIST(FAULT_NAME) };
#ifdef FAULTS
extern int FAULT;
#else
#define FAULT no_fault
#endif

/* json.c: text to a tree. */
typedef enum { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_OBJECT } JsonType;
typedef struct Json {
  JsonType type;
  double number;
  char *text;
  char *key;           /* of a field */
  struct Json *first;  /* of a list or an object */
  struct Json *next;
} Json;
Json *json_parse(const char *text);
const Json *field(const Json *object, const char *key);
double number_of(const Json *object, const char *key, double otherwise);
bool flag_of(const Json *object, const char *key, bool otherwise);
/* The name of something that is given by its name or by an object with `kind`. */
const char *kind_of(const Json *value, const char *otherwise);
bool is(const char *a, const char *b);
_Noreturn void fail(const char *what, const char *name);
void *zeroed(size_t count, size_t size);

/* functions.c: elementary functions of float32. */
uint32_t bits_of(float x);
float float_of(uint32_t bits);
float lesser(float a, float b);   /* b < a ? b : a */
float greater(float a, float b);  /* a < b ? b : a */
float ieee_max(float a, float b); /* NaN where either is, 0 above -0 */
float ieee_min(float a, float b);
/* A constant, off by a unit in the last place where that is the planted fault. */
float off(float constant, bool planted);
float exp_f(float x);
float exp_of_minus_abs(float x);
float expm1_f(float x); /* x <= 0 */
float log_f(float x);
float log1p_f(float x); /* x >= 0 */
float tanh_f(float x);
float sigmoid_f(float x);
float erf_half(float x); /* erf(x / sqrt 2) */
float cos_turn(float u);
float sin_turn(float u);

/* A sum along a row: value j in lane j mod 4, joined as (0 + 1) + (2 + 3). */
typedef struct {
  float lane[4];
} Lanes;
void lanes_add(Lanes *sum, int j, float value);
float lanes_total(const Lanes *sum);

/* doubles.c: functions of float64 for schedules and bias corrections. */
double power(double base, long exponent);
double real_power(double base, double exponent);
double cos_d(double x);

/* random.c: Philox4x32-10 and what is drawn from it. */
enum { STREAM_INITIAL = 1, STREAM_SHUFFLE = 2, STREAM_MASK = 3, STREAM_NOISE = 4 };
typedef struct {
  uint32_t seed, stream, c1, c2, c3;
} Source;
uint32_t random_word(const Source *source, uint32_t i);
float random_unit(const Source *source, uint32_t i);
/* Normal number i; turn and radius as docs/numerics.md numbers them. */
float random_normal(const Source *source, uint32_t i, float scale);
void shuffle(uint32_t seed, uint32_t pass, int n, int *order);

/* activations.c */
bool is_by_row(const char *kind);
void activate(const Json *activation, int rows, int width, const float *x, float *y);
void activate_backward(const Json *activation, int rows, int width, const float *x, const float *y, const float *dy,
                       float *dx);

/* losses.c and crossentropies.c */
typedef struct {
  int rows, width, targets; /* outputs and targets of a row */
  float count;              /* rows that the loss is a mean over */
  const float *y, *t;       /* outputs or logits, and targets */
  float *dy, *loss;         /* derivatives, and the loss of each row */
} Batch;
const char *activation_within(const Json *loss); /* the activation that the loss computes itself, or NULL */
int targets_of(const Json *loss, int outputs);
void compute_loss(const Json *loss, bool of_logits, const Batch *batch);
bool compute_crossentropy(const Json *loss, bool of_logits, const Batch *batch);

/* network.c: operations and parameters. `rows` are those of an update, all batches that it has. */
typedef struct {
  int units, inputs; /* a vector has one input */
  bool learned, is_vector, is_table; /* a table has a vector for each category: units vectors of `inputs` values */
  float *value, *gradient, *state[3], *average;
  double l1, l2, factor; /* of penalties; of the learning rate */
  const Json *constraint;
} Parameter;

enum { MOST_INPUTS = 16 }; /* of a layer */
typedef struct {
  const char *kind;
  const Json *config;
  int inputs[MOST_INPUTS], count; /* operations that it reads; -1 is the input of the network */
  int in, out;          /* widths */
  int parameter[4];     /* -1 where there is none */
  float *y, *dy;
  float *mean, *rest, *variance; /* of each batch of an update */
  bool has_delta, frozen; /* a frozen layer is not trained */
} Operation;

typedef struct {
  const Json *text;
  uint32_t seed;
  int width, outputs, operations, parameters, capacity;
  Operation operation[256];
  Parameter parameter[256];
  const float *x; /* rows of the update */
  int batch;      /* rows of a batch: those of an update may be several */
  double metric[16];
  long updates;   /* made so far */
  bool holds_statistics; /* running statistics do not move with a pass */
} Network;
void build(Network *network, const Json *text, int capacity);
/* The operation that `last` leaves to the loss, or -1. */
int left_to_loss(const Network *network);
/* The rows of the batch that begins at row `first`. */
int rows_of_batch(const Network *network, int first, int rows);
const float *input_of(const Network *network, const Operation *operation, int which);

/* tables.c: embeddings */
void embed(const Network *network, Operation *operation, int rows, const float *x);
void embed_backward(Network *network, Operation *operation, int rows, const float *x);

/* metrics.c */
void clear_metrics(Network *network);
void add_metrics(Network *network, int rows, const float *targets);
void write_metrics(const Network *network, int rows, const char *before);
void write_double(const char *before, const char *name, double value);

/* initializers.c */
void initialize(const Json *initializer, const char *otherwise, uint32_t seed, int index, Parameter *parameter,
                int fan_in, int fan_out);

/* forward.c, backward.c, normalize.c */
void forward(Network *network, int rows, bool training);
void backward(Network *network, int rows);
double add_value_penalties(const Network *network, int first, int rows, double total);
void normalize_forward(Network *network, Operation *operation, int rows, const float *x, bool training);
void normalize_backward(Network *network, Operation *operation, int rows, const float *x, float *dx);
void move_running_statistics(Network *network, int rows);

/* rows.c: sums over the rows of a batch in blocks of 4,096, into `sum`. */
enum { ROW_BLOCK = 4096 };
typedef float (*RowTerm)(const void *context, int row, int column);
void sum_over_rows(int rows, int columns, RowTerm term, const void *context, float *sum);

/* optimizers.c */
void update(Network *network, const Json *optimizer);
void add_penalties(Network *network);
double weight_penalty(const Network *network);
void clip(Network *network, const Json *optimizer);
void average_weights(Network *network, const Json *optimizer);
void use_average(Network *network, const Json *optimizer);

/* Adds the products of two tensors: each unit over its inputs, then unit after unit; of vectors and tables each value. */
double add_products(const Parameter *parameter, const float *x, const float *y, double sum);

/* main.c: rows of data, and passes over all of them for the optimizers that look at all rows at once. */
typedef struct {
  int rows, width, targets;
  float *x, *t, *weights; /* weights of rows: NULL without */
} Data;
/* Leaves the gradient, with penalties; returns the sum of the losses. */
double run_all_rows(Network *network, const Data *data);
/* Leaves the derivatives by all operations where those by the output are `seed` times the weights of the rows. */
void differentiate_rows(Network *network, const Data *data, const float *seed);

/* full-batch.c: optimizers that look at all rows at once. Vectors have all trained weights. */
typedef struct {
  Network *network;
  const Data *data;
  int size;                  /* of the vectors */
  float *weights, *gradient; /* where an iteration begins */
  double loss, total;        /* the loss there, with penalties; the losses of the rows that were computed last */
  const char *stop;          /* why the last iteration was the last; NULL where it was not */
  void *memory;              /* what the optimizer keeps between iterations */
} AllRows;
bool sees_all_rows(const Json *optimizer);
void begin_all_rows(AllRows *all, Network *network, const Data *data);
double iterate_all_rows(AllRows *all);
/* The loss at weights, with penalties, and its gradient. */
double loss_at(AllRows *all, const float *weights, float *gradient);
float *new_vector(const AllRows *all);
void add_scaled(const AllRows *all, const float *x, double factor, const float *y, float *out);
void scale_vector(const AllRows *all, double factor, float *x);
double dot_vectors(const AllRows *all, const float *x, const float *y);
double largest_of(const AllRows *all, const float *x);

/* lbfgs.c, levenberg-marquardt.c: make an iteration; return whether the weights moved. */
bool lbfgs(AllRows *all, const Json *optimizer);
bool levenberg_marquardt(AllRows *all, const Json *optimizer);

/* schedules.c */
double rate_after(const Json *rate, double otherwise, long updates);

/* constraints.c */
void constrain(Network *network);

#endif
