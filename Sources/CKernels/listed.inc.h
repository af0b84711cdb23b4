// SPDX-License-Identifier: Apache-2.0
// Espalier: huge or ultra-sparse layers as plain lists with 32-bit indices.
//
// Their activations lie beyond the caches, so rows are fetched into the second level `ahead` connections before they are
// needed: fetches into the first would be held up by its few miss buffers.

INLINE void fetch_row(const float *row, int64_t lanes) {
  for (int64_t l = 0; l < lanes; l += 16) __builtin_prefetch(row + l, 0, 2);
}

/// Where the value of connection k lies among the stored ones.
#define PLACE(k) (slots ? column_starts[columns[k]] + slots[k] : (int64_t)positions[k])

INLINE void listed_forward_rows(const int vectors, const int narrow, const int fetches, const struct espalier_listed *t, int64_t r0,
                                int64_t r1, const float *values, const float *bias, const float *x, int64_t lanes,
                                int64_t ahead, int rectify, float *y) {
  const uint32_t *columns = t->columns;
  const uint16_t *slots = t->slots;
  const uint32_t *positions = t->positions;
  const int64_t *column_starts = t->column_starts;
  const int64_t last = t->row_starts[r1];
  const int64_t stride = narrow ? lanes / 2 : lanes;
  for (int64_t i = r0; i < r1; i++) {
    vector sums[most_vectors];
    UNROLL for (int v = 0; v < vectors; v++) sums[v] = splat(bias ? bias[i] : 0);
    for (int64_t k = t->row_starts[i]; k < t->row_starts[i + 1]; k++) {
      if (fetches && k + ahead < last) {
        fetch_row(x + (int64_t)columns[k + ahead] * stride, narrow ? vectors * VL / 2 : vectors * VL);
        __builtin_prefetch(values + PLACE(k + ahead), 0, 2);
      }
      vector row[most_vectors];
      load_row(vectors, narrow, x + (int64_t)columns[k] * stride, row);
      const vector value = splat(values[PLACE(k)]);
      UNROLL for (int v = 0; v < vectors; v++) sums[v] = multiply_add(value, row[v], sums[v]);
    }
    if (rectify) {
      UNROLL for (int v = 0; v < vectors; v++) sums[v] = rectified(sums[v]);
    }
    UNROLL for (int v = 0; v < vectors; v++) store(y + i * lanes + v * VL, sums[v]);
  }
}

static void listed_forward_lane(const struct espalier_listed *t, int64_t r0, int64_t r1, const float *values,
                                const float *bias, const float *x, int64_t ahead, int rectify, float *y) {
  const uint32_t *columns = t->columns;
  const uint16_t *slots = t->slots;
  const uint32_t *positions = t->positions;
  const int64_t *column_starts = t->column_starts;
  const int64_t last = t->row_starts[r1];
  for (int64_t i = r0; i < r1; i++) {
    const int64_t end = t->row_starts[i + 1];
    float sums[4] = {bias ? bias[i] : 0, 0, 0, 0};
    for (int64_t k = t->row_starts[i]; k < end; k++) {
      if (ahead && k + ahead < last) {
        __builtin_prefetch(x + columns[k + ahead], 0, 2);
        __builtin_prefetch(values + PLACE(k + ahead), 0, 2);
      }
      sums[k & 3] += values[PLACE(k)] * x[columns[k]];
    }
    const float total = (sums[0] + sums[2]) + (sums[1] + sums[3]);
    y[i] = rectify && total < 0 ? 0 : total;
  }
}

static void listed_forward(const struct espalier_listed *t, int64_t r0, int64_t r1, const float *values,
                           const float *bias, const float *x, int64_t lanes, int narrow, int64_t ahead, int rectify,
                           float *y) {
  if (lanes == 1) {
    listed_forward_lane(t, r0, r1, values, bias, x, ahead, rectify, y);
    return;
  }
#define ROWS(vectors, narrow, fetches)                                                                               \
  listed_forward_rows(vectors, narrow, fetches, t, r0, r1, values, bias, x + (narrow ? l / 2 : l), lanes, ahead, \
                      rectify, y + l)
#define PASS(vectors)                                                \
  if (narrow && vectors > 1) {                                       \
    if (ahead) ROWS(vectors, 1, 1); else ROWS(vectors, 1, 0);        \
  } else {                                                           \
    if (ahead) ROWS(vectors, 0, 1); else ROWS(vectors, 0, 0);        \
  }
  FOR_EACH_PASS(l, lanes, PASS)
#undef PASS
#undef ROWS
}

INLINE void listed_backward_columns(const int vectors, const int narrow, const int wants_dx, const int fused,
                                    const struct espalier_listed *t, int64_t c0, int64_t c1, float *values,
                                    const float *x, const float *dy, int64_t lanes, int64_t ahead, int mask_dx,
                                    float *dx, float *gradient, int add, const struct espalier_fused_step *step) {
  const int64_t last = t->column_starts[c1];
  const int64_t stride = narrow ? lanes / 2 : lanes;
  for (int64_t j = c0; j < c1; j++) {
    const int64_t k0 = t->column_starts[j];
    const int64_t count = t->column_starts[j + 1] - k0;
    vector input[most_vectors], sums[most_vectors];
    UNROLL for (int v = 0; v < vectors; v++) {
      input[v] = load(x + j * lanes + v * VL);
      sums[v] = splat(0);
    }
    if (ahead) {
      const int64_t end = k0 + count + ahead < last ? k0 + count + ahead : last;
      for (int64_t k = k0 + ahead; k < end; k++) {
        fetch_row(dy + (int64_t)t->rows[k] * stride, narrow ? vectors * VL / 2 : vectors * VL);
      }
    }
#define ROW(k) t->rows[k]
    BACKWARD_RUN(vectors, narrow, wants_dx, fused, k0, count, dy, stride, input, sums, values, gradient, add, step,
                 ROW);
#undef ROW
    if (wants_dx) {
      if (mask_dx) {
        UNROLL for (int v = 0; v < vectors; v++) sums[v] = choose(input[v] > splat(0), sums[v], splat(0));
      }
      UNROLL for (int v = 0; v < vectors; v++) store(dx + j * lanes + v * VL, sums[v]);
    }
  }
}

INLINE void listed_backward_lane(const int fused, const struct espalier_listed *t, int64_t c0, int64_t c1,
                                 float *values, const float *x, const float *dy, int64_t ahead, int mask_dx, float *dx,
                                 float *gradient, int add, const struct espalier_fused_step *step) {
  const int64_t last = t->column_starts[c1];
  for (int64_t j = c0; j < c1; j++) {
    const int64_t end = t->column_starts[j + 1];
    const float input = x[j];
    vector sum = splat(0);
    for (int64_t k = t->column_starts[j]; k < end; k += VL) {
      const int64_t left = end - k;
      if (ahead) {
        for (int64_t u = 0; u < VL && k + u + ahead < last; u++) __builtin_prefetch(dy + t->rows[k + u + ahead], 0, 2);
      }
#define ROW(k) t->rows[k]
#define ROWS(k, left) word_indices(t->rows + (k), left)
      BACKWARD_LANES(fused, k, left, dy, input, sum, values, gradient, add, step, ROWS, ROW);
#undef ROWS
#undef ROW
    }
    if (dx) dx[j] = mask_dx && !(input > 0) ? 0 : sums_of_four(sum, sum, sum, sum)[0];
  }
}

static void listed_backward(const struct espalier_listed *t, int64_t c0, int64_t c1, float *values, const float *x,
                            const float *dy, int64_t lanes, int narrow, int64_t ahead, int mask_dx, float *dx,
                            float *gradient, int accumulate, const struct espalier_fused_step *step) {
  if (lanes == 1) {
    if (step) {
      listed_backward_lane(1, t, c0, c1, values, x, dy, ahead, mask_dx, dx, 0, 0, step);
    } else if (gradient) {
      listed_backward_lane(0, t, c0, c1, values, x, dy, ahead, mask_dx, dx, gradient, accumulate, 0);
    } else {
      listed_backward_lane(only_dx, t, c0, c1, values, x, dy, ahead, mask_dx, dx, 0, 0, 0);
    }
    return;
  }
#define COLUMNS(vectors, narrow, wants_dx, fused)                                                                   \
  listed_backward_columns(vectors, narrow, wants_dx, fused, t, c0, c1, values, x + l, dy + (narrow ? l / 2 : l), \
                          lanes, ahead, mask_dx, wants_dx ? dx + l : 0, gradient, accumulate || l > 0, step)
#define PASS(vectors) BACKWARD_PASS(COLUMNS, vectors);
  FOR_EACH_PASS(l, lanes, PASS)
#undef PASS
#undef COLUMNS
}
#undef PLACE
