// SPDX-License-Identifier: Apache-2.0
// Espalier: what this processor and its memory can do at most, for `espalier bench ceilings`.
//
// Each probe does one thing that the sparse kernels do, and nothing else: multiply-adds out of registers, reading in
// order, reading rows in random order. A layer is measured against them. `sink` takes a sum, so that no work can be
// left out.

enum { probe_chains = 10 };

/// `rounds` times ten independent multiply-adds of a vector: enough to hide their latency, few enough for the sixteen
/// registers of SSE2 and AVX2.
static int64_t probe_multiply_add(int64_t rounds, float *sink) {
  vector sums[probe_chains];
  vector factor = splat(0.5f);
  vector term = splat(0.25f);
  pin(&factor);
  pin(&term);
  UNROLL for (int c = 0; c < probe_chains; c++) sums[c] = splat((float)c);
  for (int64_t r = 0; r < rounds; r++) {
    UNROLL for (int c = 0; c < probe_chains; c++) {
      sums[c] = multiply_add(sums[c], factor, term);
      pin(&sums[c]);
    }
  }
  vector total = splat(0);
  UNROLL for (int c = 0; c < probe_chains; c++) total += sums[c];
  *sink = total[0];
  return rounds * probe_chains * VL;
}

/// Adds up `count` floats (a multiple of 128) in order, on eight chains.
static void probe_read(int64_t count, const float *x, float *sink) {
  vector sums[8];
  UNROLL for (int c = 0; c < 8; c++) sums[c] = splat(0);
  for (int64_t k = 0; k < count; k += 8 * VL) {
    UNROLL for (int c = 0; c < 8; c++) sums[c] += load(x + k + c * VL);
  }
  vector total = splat(0);
  UNROLL for (int c = 0; c < 8; c++) total += sums[c];
  *sink = total[0];
}

/// Adds up `count` rows (an even number) of `width` floats (a multiple of 32) in the order of `rows`, two at a time,
/// asking for the rows `ahead` places further on into the second cache when `ahead` is not 0; `rows` has
/// `count + ahead` entries.
static void probe_gather_rows(int64_t count, const uint32_t *rows, int64_t width, int64_t ahead, const float *x,
                              float *sink) {
  enum { chains = 32 / VL };
  vector sums[2][chains];
  UNROLL for (int c = 0; c < chains; c++) sums[0][c] = sums[1][c] = splat(0);
  for (int64_t r = 0; r < count; r += 2) {
    if (ahead) {
      const float *soon = x + (int64_t)rows[r + ahead] * width;
      const float *later = x + (int64_t)rows[r + ahead + 1] * width;
      for (int64_t l = 0; l < width; l += 16) {
        __builtin_prefetch(soon + l, 0, 2);
        __builtin_prefetch(later + l, 0, 2);
      }
    }
    const float *one = x + (int64_t)rows[r] * width;
    const float *two = x + (int64_t)rows[r + 1] * width;
    for (int64_t l = 0; l < width; l += 32) {
      UNROLL for (int c = 0; c < chains; c++) {
        sums[0][c] += load(one + l + c * VL);
        sums[1][c] += load(two + l + c * VL);
      }
    }
  }
  vector total = splat(0);
  UNROLL for (int c = 0; c < chains; c++) total += sums[0][c] + sums[1][c];
  *sink = total[0];
}
