/* Elementary functions of float32, each as docs/numerics.md defines it. */
#include "reference.h"

uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

float lesser(float a, float b) { return b < a ? b : a; }
float greater(float a, float b) { return a < b ? b : a; }

float ieee_max(float a, float b) {
  if (isnan(a) || isnan(b)) return NAN;
  if (a == b) return signbit(a) ? b : a;
  return a > b ? a : b;
}

float ieee_min(float a, float b) {
  if (isnan(a) || isnan(b)) return NAN;
  if (a == b) return signbit(a) ? a : b;
  return a < b ? a : b;
}

void lanes_add(Lanes *sum, int j, float value) { sum->lane[j % 4] = sum->lane[j % 4] + value; }

float lanes_total(const Lanes *sum) {
  const float *lane = sum->lane;
  if (FAULT == lanes_in_a_row) return ((lane[0] + lane[1]) + lane[2]) + lane[3];
  return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

float off(float constant, bool planted) { return planted ? nextafterf(constant, INFINITY) : constant; }

/* 2^n for -126 <= n <= 127. */
static float two_to(int n) { return float_of((uint32_t)(n + 127) << 23); }

/* x = n ln2 + r: n, and r by the two parts of ln2. */
static float reduce(float x, int *n) {
  float whole = rintf(x * 1.44269504f);
  *n = (int)whole;
  return (x - whole * 0.69314575195f) - whole * 1.4286067653e-6f;
}

/* e^r - 1 for |r| <= ln2/2. */
static float expm1_reduced(float r) {
  float p = -4.986661952e-5f * r + 2.2773783712e-4f;
  p = p * r + 1.4132461511e-3f;
  p = p * r + 8.3242934197e-3f;
  p = p * r + off(4.1665628552e-2f, FAULT == exponential_constant);
  p = p * r + 1.6666725278e-1f;
  p = p * r + 0.49999994f;
  return (r * r) * p + r;
}

float exp_f(float x) {
  if (isnan(x)) return x;
  int n;
  float low = FAULT == exponential_above ? x : lesser(x, 89);
  float r = reduce(FAULT == exponential_below ? low : greater(low, -104), &n);
  int half = n >= 0 ? n / 2 : -((1 - n) / 2); /* rounded down */
  return ((1 + expm1_reduced(r)) * two_to(half)) * two_to(n - half);
}

float exp_of_minus_abs(float x) { return exp_f(-fabsf(x)); }

float expm1_f(float x) {
  if (isnan(x)) return x;
  int n;
  float r = reduce(FAULT == expm1_below ? x : greater(x, -24), &n);
  return two_to(n) * expm1_reduced(r) + (two_to(n) - 1);
}

float log_f(float x) {
  if (!(x >= 0)) return NAN;
  if (x == 0) return -INFINITY;
  if (isinf(x)) return x;
  int shift = 0;
  if (x < 1.17549435e-38f) {
    x = x * 8388608;
    shift = 23;
  }
  int e = (int32_t)(bits_of(x) - 0x3f3504f3u) >> 23;
  float m = float_of(bits_of(x) - ((uint32_t)e << 23));
  float r = m - 1;
  float p = (-5.2293352783e-3f * r + -3.3127889037e-1f) * r + off(-4.9999964237e-1f, FAULT == logarithm_constant);
  float q = (3.9658042789e-1f * r + 1.3292170763f) * r + 1;
  float quotient = ((r * r) * p) / q;
  float exponent = (float)e - (float)shift;
  return (exponent * 0.69314575195f + r) + (exponent * 1.4286067653e-6f + quotient);
}

float log1p_f(float x) {
  float u = 1 + x;
  float lost = x - (u - 1);
  return log_f(u) + lost / u;
}

float tanh_f(float x) {
  float a = fabsf(x);
  if (a >= 0.625f) {
    float e = exp_f(a * -2);
    return copysignf(1 - (e + e) / (1 + e), x);
  }
  float s = x * x;
  float p = -5.70498872745e-3f * s + 2.06390887954e-2f;
  p = p * s + -5.37397155531e-2f;
  p = p * s + off(1.33314422036e-1f, FAULT == tangent_constant);
  p = p * s + -3.33332819422e-1f;
  return (p * s) * x + x;
}

float sigmoid_f(float x) {
  float e = exp_of_minus_abs(x);
  float r = e / (1 + e);
  return x < 0 ? r : 1 - r;
}

float erf_half(float x) {
  float c = FAULT == error_bounds ? x : greater(lesser(x, 5.1158981323f), -5.1158981323f);
  float s = c * c;
  float p = s * 4.5835321316e-8f + 1.260978388e-5f;
  p = p * s + 3.2973114867e-4f;
  p = p * s + 9.3065137044e-3f;
  p = p * s + 6.697217375e-2f;
  p = p * s + 7.9788452387e-1f;
  float q = s * 1.1988805682e-6f + 7.2267655923e-5f;
  q = q * s + 1.8622842617e-3f;
  q = q * s + 2.8431978077e-2f;
  q = q * s + off(2.5060352683e-1f, FAULT == error_constant);
  q = q * s + 1;
  return (c * p) / q;
}

/* The nearest quarter turn, and the sine and cosine of the angle that is left. */
static int quarter_turn(float u, float *sine, float *cosine) {
  float n = rintf(u * 4);
  float t = (u - n * 0.25f) * 6.28318530717958647692f;
  float s = t * t;
  float p = (-1.9515295891e-4f * s + 8.3321608736e-3f) * s + -1.6666654611e-1f;
  *sine = (p * s) * t + t;
  float q = (2.443315711809948e-5f * s + -1.388731625493765e-3f) * s + 4.166664568298827e-2f;
  *cosine = (q * (s * s) - s * 0.5f) + 1;
  return (int)n & 3;
}

float cos_turn(float u) {
  float sine, cosine;
  int n = quarter_turn(u, &sine, &cosine);
  return n == 0 ? cosine : n == 1 ? -sine : n == 2 ? -cosine : sine;
}

float sin_turn(float u) {
  float sine, cosine;
  int n = quarter_turn(u, &sine, &cosine);
  return n == 0 ? sine : n == 1 ? cosine : n == 2 ? -sine : -cosine;
}
