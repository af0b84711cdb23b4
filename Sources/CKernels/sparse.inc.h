// SPDX-License-Identifier: Apache-2.0
// Espalier: sparse layers.
//
// A pass covers `vectors * VL` lanes of a block, kept in registers; `vectors` is a constant at every call, so that the
// loops over it unroll. Rows of activations are `lanes` floats apart.

/// One pass of y[i] for one row: `flight` connections are in the air at once, each with its own accumulators.
INLINE void forward_row(const int vectors, const int flight, int64_t start, int64_t end, const uint32_t *columns,
                        const float *values, float bias, const float *x, int64_t lanes, float *y) {
  vector sums[4][most_vectors];
  UNROLL for (int u = 0; u < flight; u++) {
    UNROLL for (int v = 0; v < vectors; v++) sums[u][v] = splat(u == 0 ? bias : 0);
  }
  int64_t k = start;
  for (; k + flight <= end; k += flight) {
    UNROLL for (int u = 0; u < flight; u++) {
      const float *row = x + (int64_t)columns[k + u] * lanes;
      vector value = splat(values[k + u]);
      UNROLL for (int v = 0; v < vectors; v++) sums[u][v] = multiply_add(value, load(row + v * VL), sums[u][v]);
    }
  }
  for (; k < end; k++) {
    const float *row = x + (int64_t)columns[k] * lanes;
    vector value = splat(values[k]);
    UNROLL for (int v = 0; v < vectors; v++) sums[0][v] = multiply_add(value, load(row + v * VL), sums[0][v]);
  }
  UNROLL for (int u = 1; u < flight; u++) {
    UNROLL for (int v = 0; v < vectors; v++) sums[0][v] += sums[u][v];
  }
  UNROLL for (int v = 0; v < vectors; v++) store(y + v * VL, sums[0][v]);
}

INLINE void forward_pass(const int vectors, int64_t r0, int64_t r1, const int64_t *row_starts,
                         const uint32_t *columns, const float *values, const float *bias, const float *x,
                         int64_t lanes, float *y) {
  const int flight = vectors >= 8 ? 1 : vectors == 4 ? 2 : 4;
  for (int64_t i = r0; i < r1; i++) {
    forward_row(vectors, flight, row_starts[i], row_starts[i + 1], columns, values, bias ? bias[i] : 0, x, lanes,
                y + i * lanes);
  }
}

static void sparse_forward(int64_t r0, int64_t r1, const int64_t *row_starts, const uint32_t *columns,
                           const float *values, const float *bias, const float *x, int64_t lanes, float *y) {
#define PASS(vectors) forward_pass(vectors, r0, r1, row_starts, columns, values, bias, x + l, lanes, y + l)
  FOR_EACH_PASS(l, lanes, PASS)
#undef PASS
}

/// Up to four connections of one input: dx += value * dy[row] and the products x * dy[row] to be summed.
INLINE vector backward_connection(const int vectors, const float *row, float value, const vector *x, vector *dx) {
  vector products;
  vector factor = splat(value);
  UNROLL for (int v = 0; v < vectors; v++) {
    vector dy = load(row + v * VL);
    products = v == 0 ? x[v] * dy : multiply_add(x[v], dy, products);
    dx[v] = multiply_add(factor, dy, dx[v]);
  }
  UNROLL for (int v = 0; v < vectors; v++) pin(&dx[v]);
  pin(&products);
  return products;
}

/// One pass over inputs c0 ..< c1. x[j] and the sums of dx[j] stay in registers, each dy row is read once for both
/// results, and four dots are summed in one tree.
INLINE void backward_pass(const int vectors, int64_t c0, int64_t c1, const int64_t *column_starts,
                          const uint32_t *row_indices, const uint32_t *positions, const float *values,
                          const float *x, const float *dy, int64_t lanes, float *dx, float *dvalues, int add) {
  for (int64_t j = c0; j < c1; j++) {
    vector input[most_vectors], sums[most_vectors];
    UNROLL for (int v = 0; v < vectors; v++) {
      input[v] = load(x + j * lanes + v * VL);
      sums[v] = splat(0);
    }
    const int64_t end = column_starts[j + 1];
    int64_t k = column_starts[j];
    for (; k + 4 <= end; k += 4) {
      vector products[4];
      UNROLL for (int u = 0; u < 4; u++) {
        products[u] = backward_connection(vectors, dy + (int64_t)row_indices[k + u] * lanes,
                                          values[positions[k + u]], input, sums);
      }
      quad dots = sums_of_four(products[0], products[1], products[2], products[3]);
      UNROLL for (int u = 0; u < 4; u++) {
        float *to = dvalues + positions[k + u];
        *to = add ? *to + dots[u] : dots[u];
      }
    }
    if (k < end) {
      vector products[4] = {splat(0), splat(0), splat(0), splat(0)};
      UNROLL for (int u = 0; u < 3; u++) {
        if (k + u >= end) break;
        products[u] = backward_connection(vectors, dy + (int64_t)row_indices[k + u] * lanes,
                                          values[positions[k + u]], input, sums);
      }
      quad dots = sums_of_four(products[0], products[1], products[2], products[3]);
      UNROLL for (int u = 0; u < 3; u++) {
        if (k + u >= end) break;
        float *to = dvalues + positions[k + u];
        *to = add ? *to + dots[u] : dots[u];
      }
    }
    if (dx) {
      UNROLL for (int v = 0; v < vectors; v++) store(dx + j * lanes + v * VL, sums[v]);
    }
  }
}

static void sparse_backward(int64_t c0, int64_t c1, const int64_t *column_starts, const uint32_t *row_indices,
                            const uint32_t *positions, const float *values, const float *x, const float *dy,
                            int64_t lanes, float *dx, float *dvalues, int accumulate) {
#define PASS(vectors)                                                                                         \
  backward_pass(vectors, c0, c1, column_starts, row_indices, positions, values, x + l, dy + l, lanes, \
                dx ? dx + l : 0, dvalues, accumulate || l > 0)
  FOR_EACH_PASS(l, lanes, PASS)
#undef PASS
}

/// The products of two rows of lanes, to be summed: the same operations as in the backward pass, for the same bytes.
INLINE vector row_products(const int vectors, const vector *x, const float *row) {
  vector products = x[0] * load(row);
  UNROLL for (int v = 1; v < vectors; v++) products = multiply_add(x[v], load(row + v * VL), products);
  return products;
}

INLINE void weight_gradient_pass(const int vectors, int64_t r0, int64_t r1, const int64_t *row_starts,
                                 const uint32_t *columns, const float *x, const float *dy, int64_t lanes,
                                 float *dvalues, int add) {
  for (int64_t i = r0; i < r1; i++) {
    vector output[most_vectors];
    UNROLL for (int v = 0; v < vectors; v++) output[v] = load(dy + i * lanes + v * VL);
    const int64_t end = row_starts[i + 1];
    for (int64_t k = row_starts[i]; k < end; k += 4) {
      vector products[4] = {splat(0), splat(0), splat(0), splat(0)};
      if (k + 4 <= end) {
        UNROLL for (int u = 0; u < 4; u++) {
          products[u] = row_products(vectors, output, x + (int64_t)columns[k + u] * lanes);
        }
      } else {
        UNROLL for (int u = 0; u < 3; u++) {
          if (k + u < end) products[u] = row_products(vectors, output, x + (int64_t)columns[k + u] * lanes);
        }
      }
      put_sums(dvalues + k, end - k, sums_of_four(products[0], products[1], products[2], products[3]), add);
    }
  }
}

static void sparse_weight_gradient(int64_t r0, int64_t r1, const int64_t *row_starts, const uint32_t *columns,
                                   const float *x, const float *dy, int64_t lanes, float *dvalues, int accumulate) {
#define PASS(vectors) \
  weight_gradient_pass(vectors, r0, r1, row_starts, columns, x + l, dy + l, lanes, dvalues, accumulate || l > 0)
  FOR_EACH_PASS(l, lanes, PASS)
#undef PASS
}

/// Sixteen lanes of a row of dy stay in registers; rows of dx are read and written, fetched ahead of their turn.
static void sparse_input_gradient(int64_t r0, int64_t r1, const int64_t *row_starts, const uint32_t *columns,
                                  const float *values, const float *dy, int64_t lanes, int64_t first, float *dx) {
  enum { vectors = 16 / VL, ahead = 16 };
  const int64_t last = row_starts[r1];
  for (int64_t i = r0; i < r1; i++) {
    vector output[vectors];
    UNROLL for (int v = 0; v < vectors; v++) output[v] = load(dy + i * lanes + first + v * VL);
    for (int64_t k = row_starts[i]; k < row_starts[i + 1]; k++) {
      if (k + ahead < last) __builtin_prefetch(dx + (int64_t)columns[k + ahead] * lanes + first, 1, 2);
      float *row = dx + (int64_t)columns[k] * lanes + first;
      vector value = splat(values[k]);
      UNROLL for (int v = 0; v < vectors; v++) {
        store(row + v * VL, multiply_add(value, output[v], load(row + v * VL)));
      }
    }
  }
}
