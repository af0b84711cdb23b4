// SPDX-License-Identifier: Apache-2.0
// Espalier: the gradient of any list of connections, row by row.

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
  if (lanes == 1) {
    for (int64_t i = r0; i < r1; i++) {
      for (int64_t k = row_starts[i]; k < row_starts[i + 1]; k++) {
        const float product = dy[i] * x[columns[k]];
        dvalues[k] = accumulate ? dvalues[k] + product : product;
      }
    }
    return;
  }
#define PASS(vectors) \
  weight_gradient_pass(vectors, r0, r1, row_starts, columns, x + l, dy + l, lanes, dvalues, accumulate || l > 0)
  FOR_EACH_PASS(l, lanes, PASS)
#undef PASS
}
