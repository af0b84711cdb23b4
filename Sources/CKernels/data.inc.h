// SPDX-License-Identifier: Apache-2.0
// Espalier: samples into blocks and back, four by four; one sample alone is copied.

/// Turns four rows of four into four columns of four.
INLINE void transpose_four(quad rows[4]) {
  quad low01 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5);
  quad high01 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
  quad low23 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  quad high23 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  rows[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  rows[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  rows[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  rows[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

/// Features that are moved for all lanes before the next: one cache line of a sample.
enum { line_features = 16 };

static void gather(int64_t features, int64_t samples, int64_t lanes, const float *x, const int64_t *rows, float *y) {
  if (lanes == 1) {
    __builtin_memcpy(y, x + rows[0] * features, (size_t)features * sizeof(float));
    return;
  }
  const int64_t whole = features & ~(int64_t)3;
  for (int64_t start = 0; start < features; start += line_features) {
    const int64_t end = start + line_features < features ? start + line_features : features;
    for (int64_t l = 0; l < lanes; l += 4) {
      int64_t f = start;
      for (; f < end && f < whole; f += 4) {
        quad square[4];
        for (int u = 0; u < 4; u++) {
          square[u] = l + u < samples ? *(const quad *)(x + rows[l + u] * features + f) : (quad)(0.0f);
        }
        transpose_four(square);
        for (int u = 0; u < 4; u++) *(quad *)(y + (f + u) * lanes + l) = square[u];
      }
      for (; f < end; f++) {
        for (int u = 0; u < 4; u++) {
          y[f * lanes + l + u] = l + u < samples ? x[rows[l + u] * features + f] : 0;
        }
      }
    }
  }
}

/// The features of `samples` lanes, each sample's side by side and `apart` from the next one's.
static void samples_apart(int64_t features, int64_t samples, int64_t lanes, const float *y, int64_t apart, float *x) {
  const int64_t whole = features & ~(int64_t)3;
  for (int64_t start = 0; start < features; start += line_features) {
    const int64_t end = start + line_features < features ? start + line_features : features;
    for (int64_t l = 0; l < samples; l += 4) {
      int64_t f = start;
      for (; f < end && f < whole; f += 4) {
        quad square[4];
        for (int u = 0; u < 4; u++) square[u] = *(const quad *)(y + (f + u) * lanes + l);
        transpose_four(square);
        for (int u = 0; u < 4 && l + u < samples; u++) *(quad *)(x + (l + u) * apart + f) = square[u];
      }
      for (; f < end; f++) {
        for (int u = 0; u < 4 && l + u < samples; u++) x[(l + u) * apart + f] = y[f * lanes + l + u];
      }
    }
  }
}

static void scatter(int64_t features, int64_t samples, int64_t lanes, const float *y, float *x) {
  if (lanes == 1) {
    __builtin_memcpy(x, y, (size_t)features * sizeof(float));
    return;
  }
  samples_apart(features, samples, lanes, y, features, x);
}
