/* Learning rates: a number, or a function of the updates made, and the momentum where they move it. */
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

static double peak_of_cycle(const Json *s) {
  return number_of(s, "pctStart", 0.3) * number_of(s, "totalSteps", 1) - 1;
}

static double wave_of_cycle(const Json *s, double t) {
  double peak = peak_of_cycle(s), last = number_of(s, "totalSteps", 1) - 1;
  if (t <= peak) return peak == 0 ? 0 : half_wave(t / peak);
  return half_wave(((t < last ? t : last) - peak) / (last - peak));
}

static double one_cycle(const Json *s, double t) {
  double most = number_of(s, "maxLearningRate", 0), start = most / number_of(s, "divFactor", 25);
  double end = start / number_of(s, "finalDivFactor", 10000), wave = wave_of_cycle(s, t);
  return t <= peak_of_cycle(s) ? most + (start - most) * wave : end + (most - end) * wave;
}

static double decays(const Json *s, double t) {
  double times = t / number_of(s, "decaySteps", 1);
  return flag_of(s, "staircase", false) ? floor(times) : times;
}

/* The height of a cyclic schedule above its base, as a share of its first peak. */
static double height_of_cycle(const Json *s, double t) {
  double up = number_of(s, "stepSizeUp", 2000), down = number_of(s, "stepSizeDown", up), length = up + down;
  const char *mode = kind_of(field(s, "mode"), "triangular");
  double since = fmod(t, length), height = since <= up ? since / up : (length - since) / down;
  if (is(mode, "triangular2")) return height * power(0.5, (long)floor(t / length));
  if (FAULT == range_of_cycles && is(mode, "expRange")) t = floor(t / length);
  return is(mode, "expRange") ? height * real_power(number_of(s, "gamma", 1), t) : height;
}

/* Which number of a list: as many as pass of a rising list. `last`: whether a number is the last update of its part. */
static int part_after(const Json *rising, double t, bool last) {
  int index = 0;
  for (const Json *one = rising->first; one != NULL; one = one->next) {
    index += last ? one->number < t : one->number <= t;
  }
  return index;
}

static const Json *entry(const Json *list, int index) {
  const Json *one = list->first;
  while (index-- > 0) one = one->next;
  return one;
}

/* The schedule of a sequence that is next, and the updates since it began. */
static const Json *part_of_sequence(const Json *s, long *updates) {
  const Json *milestones = field(s, "milestones");
  int index = part_after(milestones, (double)*updates, FAULT == milestone_after);
  if (index > 0) *updates -= (long)entry(milestones, index - 1)->number;
  return entry(field(s, "schedules"), index);
}

static double below_largest(const Json *s, double share, double least, double most) {
  double top = number_of(s, "maxMomentum", most);
  return top - (top - number_of(s, "baseMomentum", least)) * share;
}

/* The momentum where a schedule moves it, otherwise what the optimizer says. */
double momentum_after(const Json *rate, double otherwise, long updates) {
  if (rate == NULL || rate->type == JSON_NUMBER) return otherwise;
  const char *kind = kind_of(rate, "");
  double t = (double)updates;
  if (is(kind, "warmUp")) {
    long steps = (long)number_of(rate, "steps", 0);
    return momentum_after(field(rate, "schedule"), otherwise, updates < steps ? 0 : updates - steps);
  }
  if (is(kind, "sequential")) {
    const Json *part = part_of_sequence(rate, &updates);
    return momentum_after(part, otherwise, updates);
  }
  if (!flag_of(rate, "cycleMomentum", false)) return otherwise;
  if (is(kind, "cyclic")) return below_largest(rate, height_of_cycle(rate, t), 0.8, 0.9);
  double wave = wave_of_cycle(rate, t);
  return below_largest(rate, t <= peak_of_cycle(rate) ? 1 - wave : wave, 0.85, 0.95);
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
  if (is(kind, "piecewiseConstant")) {
    return entry(field(rate, "values"), part_after(field(rate, "boundaries"), t, FAULT != boundary_before))->number;
  }
  if (is(kind, "cyclic")) {
    double base = number_of(rate, "baseLearningRate", 0), most = number_of(rate, "maxLearningRate", 0);
    return base + (most - base) * height_of_cycle(rate, t);
  }
  if (is(kind, "sequential")) {
    const Json *part = part_of_sequence(rate, &updates);
    return rate_after(part, 0, updates);
  }
  if (is(kind, "warmUp")) {
    double steps = number_of(rate, "steps", 0), from = number_of(rate, "from", 0);
    const Json *then = field(rate, "schedule");
    if (t >= steps) return rate_after(then, 0, updates - (long)steps);
    return rate_after(then, 0, 0) * (from + ((1 - from) * t) / steps);
  }
  fail("schedule unknown", kind);
}
