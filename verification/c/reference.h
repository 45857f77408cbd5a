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

#include "faults.h"
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

/* doubles.c: functions of float64 for schedules, bias corrections and metrics. */
double exp_d(double x);
double log_d(double x);
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
  bool has_gradient; /* of a place of its layer */
  bool learned, is_vector, is_table; /* a table has a vector for each category: units vectors of `inputs` values */
  float *value, *gradient, *state[3], *average;
  float *late; /* the gradient that a planted fault adds last */
  double l1, l2, factor; /* of penalties; of the learning rate */
  const Json *constraint;
} Parameter;

enum { MOST_INPUTS = 16, MOST_OUTPUTS = 8 }; /* of a layer or a network */
typedef struct {
  const char *kind;
  const Json *config;
  int inputs[MOST_INPUTS], count; /* operations that it reads; -1 is the first input of the network, -2 the second */
  int in, out;          /* widths */
  int parameter[4];     /* -1 where there is none */
  float *y, *dy;
  float *mean, *rest, *variance; /* of each batch of an update */
  bool has_delta, frozen; /* a frozen layer is not trained */
  bool counts;            /* whether a loss that counts or a penalty on values depends on it */
} Operation;

typedef struct {
  int width, first; /* its first column in the data */
  float *x;         /* rows of the update */
} Input;

/* An output with its loss, and the rows that its metrics are computed of. */
typedef struct {
  const Json *text;     /* the description itself where it has one output */
  char name[40];        /* empty where it has one output */
  int layer, last;      /* the layer, and the operation that has its values */
  int begins;           /* the operation whose delta the loss computes: the last one, or its logits */
  bool of_logits;
  int width, targets, first_target;
  double weight, total; /* of its loss; the sum of the losses of rows */
  const char *made_by;  /* the activation, or the kind of operation */
  int rows, room;
  float *y, *t, *weights;
} Objective;

typedef struct {
  const Json *text;
  uint32_t seed;
  int width; /* of all inputs together */
  int inputs, objectives, operations, parameters, capacity;
  Input input[MOST_INPUTS];
  Objective objective[MOST_OUTPUTS];
  Operation operation[256];
  Parameter parameter[256];
  int batch;      /* rows of a batch: those of an update may be several */
  long updates;   /* made so far */
  bool holds_statistics; /* running statistics do not move with a pass */
} Network;
Operation *add_operation(Network *network, const char *kind, const Json *config, int input, int in, int out);
void add_layer(Network *network, const Json *layer, const int *inputs, int count);
/* What is frozen keeps its weights, and its penalties and constraints do not count. */
void freeze(Network *network, int operation, int parameter);

/* graph.c */
void build(Network *network, const Json *text, int capacity);
/* The rows of the batch that begins at row `first`. */
int rows_of_batch(const Network *network, int first, int rows);
/* Of an input or of what an operation computes. */
int width_of(const Network *network, int source);
const float *input_of(const Network *network, const Operation *operation, int which);
void take_inputs(Network *network, const float *x, int rows);

/*
 * data.c: rows of all inputs side by side, and of all targets; weights of rows are one for all outputs or one for each
 */
typedef struct {
  int rows, width, targets, weight_vectors;
  float *x, *t, *weights; /* weights: NULL without */
} Data;
Data make_data(const Network *network, int rows, uint32_t part);
/* The weight of a row for an output; 1 without weights. */
float weight_of_row(const Data *data, int row, int output);
float *columns_of(const float *from, int rows, int all, int first, int width);

/* objective.c */
float *smoothed(const Json *loss, bool training, int rows, int targets, const float *t);
void begin_losses(Network *network);
void compute_losses(Network *network, const Data *data, bool training, int rows, const float *targets,
                    const float *weights);
double total_loss(const Network *network, int rows);
void clear_overflow(Network *network, int rows, int vectors, const float *weights);

/* tables.c: embeddings */
void embed(const Network *network, Operation *operation, int rows, const float *x);
void embed_backward(Network *network, Operation *operation, int rows, const float *x);

/* metrics.c */
void clear_metrics(Objective *objective);
void add_metrics(Objective *objective, int rows, const float *y, const float *targets, const float *weights);
void write_metrics(const Objective *objective, const char *before);

/* What a metric is computed of; metrics-*.c return whether they have it. */
typedef struct {
  const Json *metric, *loss;
  const char *made_by;
  int rows, n, width;     /* targets of a row, as many outputs as are measured, and all outputs */
  const float *y, *t, *all;
  const float *weights;   /* NULL where each row counts once */
  const float *losses;
  double total;           /* rows, or the sum of their weights */
} Measured;
typedef struct {
  float outputs, targets; /* above them they are yes */
} Cuts;
typedef void (*AddRow)(const Measured *m, int row, double *sums);
void sum_rows(const Measured *m, AddRow add, int count, double *sums);
Cuts cuts_of(const Measured *m);
float cut_of_areas(const Measured *m);
bool is_categorical(const Measured *m);
bool is_area(const char *kind);
bool measure_answers(const Measured *m, const char *kind, double *value);
bool measure_probabilities(const Measured *m, const char *kind, double *value);
bool measure_area(const Measured *m, const char *kind, double *value);
bool measure_errors(Measured *m, const char *kind, double *value);

/* logs.c */
void write_floats(const float *values, int n);
void write_double(const char *key, double value);
void write_epoch(Network *network, const Data *validation, int rows, double penalty);
void write_evaluation(Network *network, const Data *data, int batch);

/* initializers.c */
void initialize(const Json *initializer, const char *otherwise, uint32_t seed, int index, Parameter *parameter,
                int fan_in, int fan_out);

/* forward.c, backward.c, normalize.c */
void forward(Network *network, int rows, bool training);
void backward(Network *network, int rows);
double add_value_penalties(const Network *network, int first, int rows, double total);
void normalize_forward(Network *network, Operation *operation, int rows, const float *x, bool training);
void move_statistics(Network *network, int rows);
void normalize_backward(Network *network, Operation *operation, int rows, const float *x, float *dx);

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

/*
 * Adds the products of two tensors: each unit over its inputs, then unit after unit; of vectors and tables each value.
 */
double add_products(const Parameter *parameter, const float *x, const float *y, double sum);

/* main.c: passes over all rows for the optimizers that look at all rows at once. */
/* Leaves the losses of the outputs and the gradient, with penalties. */
void run_all_rows(Network *network, const Data *data);
/*
 * Leaves the derivatives by all operations where those by the values of an output are `seed` times the weights of the
 * rows, and those by the other outputs are 0.
 */
void differentiate_rows(Network *network, const Data *data, int output, const float *seed);

/* full-batch.c: optimizers that look at all rows at once. Vectors have all trained weights. */
typedef struct {
  Network *network;
  const Data *data;
  int size;                  /* of the vectors */
  float *weights, *gradient; /* where an iteration begins */
  double loss;               /* the loss there, with penalties */
  const char *stop;          /* why the last iteration was the last; NULL where it was not */
  void *memory;              /* what the optimizer keeps between iterations */
} AllRows;
bool sees_all_rows(const Json *optimizer);
void begin_all_rows(AllRows *all, Network *network, const Data *data);
void iterate_all_rows(AllRows *all);
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
double momentum_after(const Json *rate, double otherwise, long updates);

/* constraints.c */
void constrain(Network *network);

#endif
