/* Learning rates: a number, or a function of the updates made. */
#include "reference.h"

static double half_wave(double share) { return 0.5 * (1 + cos_d(3.141592653589793 * share)); }

static double cosine(const Json *s, double t) {
  double period = number_of(s, "decaySteps", 1), since = t, finished = 0;
  double factor = number_of(s, "periodFactor", 2), alpha = number_of(s, "alpha", 0);
  if (!flag_of(s, "restarts", false)) since = t < period ? t : period;
  else if (factor == 1) {
    finished = floor(t / period);
    since = fmod(t, period);
  } else {
    for (; since >= period; finished++) {
      since = since - period;
      period = period * factor;
    }
  }
  double share = real_power(number_of(s, "peakFactor", 1), finished) * half_wave(since / period);
  return number_of(s, "initialLearningRate", 0) * (alpha + (1 - alpha) * share);
}

static double one_cycle(const Json *s, double t) {
  double most = number_of(s, "maxLearningRate", 0), start = most / number_of(s, "divFactor", 25);
  double end = start / number_of(s, "finalDivFactor", 10000), steps = number_of(s, "totalSteps", 1);
  double peak = number_of(s, "pctStart", 0.3) * steps - 1, last = steps - 1;
  if (t <= peak) return most + (start - most) * (peak == 0 ? 0 : half_wave(t / peak));
  return end + (most - end) * half_wave(((t < last ? t : last) - peak) / (last - peak));
}

static double decays(const Json *s, double t) {
  double times = t / number_of(s, "decaySteps", 1);
  return flag_of(s, "staircase", false) ? floor(times) : times;
}

double rate_after(const Json *rate, double otherwise, long updates) {
  if (rate == NULL) return otherwise;
  if (rate->type == JSON_NUMBER) return rate->number;
  const char *kind = kind_of(rate, "");
  double first = number_of(rate, "initialLearningRate", 0), t = (double)updates;
  if (is(kind, "constant")) return number_of(rate, "learningRate", 0);
  if (is(kind, "step")) return first * real_power(number_of(rate, "factor", 0.5), floor(t / number_of(rate, "dropEvery", 1)));
  if (is(kind, "exponential")) return first * real_power(number_of(rate, "decayRate", 1), decays(rate, t));
  if (is(kind, "inverseTime")) return first / (1 + number_of(rate, "decayRate", 1) * decays(rate, t));
  if (is(kind, "polynomial")) {
    double steps = number_of(rate, "decaySteps", 1), end = number_of(rate, "endLearningRate", 0);
    double left = 1 - (t < steps ? t : steps) / steps;
    return (first - end) * real_power(left, number_of(rate, "power", 1)) + end;
  }
  if (is(kind, "cosine")) return cosine(rate, t);
  if (is(kind, "oneCycle")) return one_cycle(rate, t);
  if (is(kind, "warmUp")) {
    double steps = number_of(rate, "steps", 0), from = number_of(rate, "from", 0);
    const Json *then = field(rate, "schedule");
    if (t >= steps) return rate_after(then, 0, updates - (long)steps);
    return rate_after(then, 0, 0) * (from + ((1 - from) * t) / steps);
  }
  fail("schedule unknown", kind);
}
