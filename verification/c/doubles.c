/* Functions of float64 for schedules, bias corrections and metrics, as docs/numerics.md defines them. */
#include "reference.h"

static const double LN2_HIGH = 0.69314718036912381649;
static const double LN2_LOW = 1.90821492927058770002e-10;
static const double LN2 = 0.6931471805599453;
static const double PI = 3.141592653589793;

double power(double base, long exponent) {
  double result = 1;
  if (FAULT == repeated_product) {
    for (; exponent > 0; exponent--) result = result * base;
    return result;
  }
  for (double square = base; exponent > 0; exponent /= 2, square = square * square) {
    if (exponent % 2 == 1) result = result * square;
  }
  return result;
}

static double two_to(double n) { return ldexp(1, (int)n); }

/* e^(x + rest) */
static double exp_of_sum(double x, double rest) {
  if (x < -746) return 0;
  if (x > 710) return INFINITY;
  double n = floor(x / LN2 + 0.5);
  double r = (x - n * LN2_HIGH) - (n * LN2_LOW - rest);
  double sum = 1;
  for (int k = 13; k > 0; k--) sum = 1 + (r * sum) / k;
  double half = floor(n / 2);
  return (sum * two_to(half)) * two_to(n - half);
}

static double upper_half(double a) {
  double c = 134217729 * a;
  return c - (c - a);
}

/* The rounding error of p = a b. */
static double rounding_error(double p, double a, double b) {
  double x = upper_half(a), y = upper_half(b);
  return (((x * y - p) + x * (b - y)) + (a - x) * y) + (a - x) * (b - y);
}

static double log_as_sum(double x, double *rest) {
  int e;
  double m = 2 * frexp(x, &e); /* in [1, 2) */
  e -= 1;
  if (m > 1.4142135623730951) {
    m = m / 2;
    e += 1;
  }
  double below = m - 1, above = m + 1;
  double t = below / above;
  double p = t * above;
  double t_rest = (((below - p) - rounding_error(p, t, above)) - t * (m - (above - 1))) / above;
  double square = t * t, series = 0;
  for (int k = 23; k > 1; k -= 2) series = (series + 1.0 / k) * square;
  double high = e * LN2_HIGH;
  double sum = high + 2 * t;
  double left = (e == 0 ? 0 : (high - sum) + 2 * t) + (e * LN2_LOW + 2 * (t_rest + t * series));
  double value = sum + left;
  *rest = (sum - value) + left;
  return value;
}

double exp_d(double x) { return exp_of_sum(x, 0); }

double log_d(double x) {
  double rest;
  return x == INFINITY ? x : log_as_sum(x, &rest);
}

double real_power(double base, double exponent) {
  if (exponent == 1) return base;
  if (base == 0) return exponent == 0 ? 1 : 0;
  double rest;
  double value = log_as_sum(base, &rest);
  double product = exponent * value;
  return exp_of_sum(product, rounding_error(product, exponent, value) + exponent * rest);
}

static double alternating(double y, int side) {
  double sum = 1;
  for (int k = 18; k > 0; k -= 2) sum = 1 - ((y * y) * sum) / (k * (k + side));
  return sum;
}

double cos_d(double x) {
  if (x < PI / 4) return alternating(x, -1);
  if (x > 0.75 * PI) return -alternating((PI - x) + 1.2246467991473532e-16, -1);
  double y = (PI / 2 - x) + 6.123233995736766e-17;
  return y * alternating(y, 1);
}
