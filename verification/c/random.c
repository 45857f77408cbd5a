/* Philox4x32-10 and what is drawn from it: uniform and normal numbers, shuffles. */
#include "reference.h"

/* Word i of the sequence: word i mod 4 of the counter (i/4, c1, c2, c3) under the key (seed, stream). */
uint32_t random_word(const Source *source, uint32_t i) {
  uint32_t x0 = i / 4, x1 = source->c1, x2 = source->c2, x3 = source->c3;
  uint32_t k0 = source->seed, k1 = source->stream;
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xd2511f53u * x0;
    uint64_t p1 = (uint64_t)0xcd9e8d57u * x2;
    x0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0;
    x1 = (uint32_t)p1;
    x2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
    x3 = (uint32_t)p0;
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  uint32_t words[4] = {x0, x1, x2, x3};
  return words[i % 4];
}

float random_unit(const Source *source, uint32_t i) {
  return (float)(random_word(source, i) >> 8) * 5.9604644775390625e-8f;
}

float random_normal(const Source *source, uint32_t i, float scale) {
  /* Numbers come in eights: four radii, then four angles; first the cosines, then the sines. */
  uint32_t eight = i / 8 * 8, lane = i % 4;
  float u = random_unit(source, eight + lane) + 5.9604644775390625e-8f;
  float radius = scale * sqrtf(-2 * log_f(u));
  float turn = random_unit(source, eight + 4 + lane);
  bool cosine = (i % 8 < 4) != (FAULT == angle_of_normals);
  return radius * (cosine ? cos_turn(turn) : sin_turn(turn));
}

void shuffle(uint32_t seed, uint32_t pass, int n, int *order) {
  Source source = {seed, STREAM_SHUFFLE, pass, 0, 0};
  for (int i = 0; i < n; i++) order[i] = i;
  for (int i = n - 1, taken = 0; i > 0; i--, taken++) {
    uint64_t word = random_word(&source, (uint32_t)(taken + (FAULT == shuffle_word)));
    int j = (int)((word * (uint64_t)(i + 1)) >> 32);
    int held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
}
