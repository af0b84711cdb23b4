// SPDX-License-Identifier: Apache-2.0
// Espalier: dense layers, weights row-major [outputs][inputs].
//
// Forward and input gradient are one product: rows of weights (a stride apart) times rows of activations. Four results
// times a few vectors of lanes are summed in registers. A sum runs over its terms in order, so it does not depend on
// its neighbours. One sample alone (one lane) is vectorised over the inputs instead.

/// Vectors of a product's tile: with four rows, 16 accumulators of 32 registers or 8 of 16.
enum { tile_vectors = VL == 16 ? 4 : 2 };

/// out[u] = start[u] + sum over k < terms of w[u * across + k * along] * in[k] for `rows` (1 or 4) rows.
INLINE void product_tile(const int vectors, const int rows, int64_t terms, const float *w, int64_t across,
                         int64_t along, const float *start, const float *in, int64_t lanes, float *out) {
  vector sums[4][tile_vectors];
  UNROLL for (int u = 0; u < rows; u++) {
    UNROLL for (int v = 0; v < vectors; v++) sums[u][v] = splat(start ? start[u] : 0);
  }
  for (int64_t k = 0; k < terms; k++) {
    UNROLL for (int u = 0; u < rows; u++) {
      vector weight = splat(w[u * across + k * along]);
      UNROLL for (int v = 0; v < vectors; v++) {
        sums[u][v] = multiply_add(weight, load(in + k * lanes + v * VL), sums[u][v]);
      }
    }
  }
  UNROLL for (int u = 0; u < rows; u++) {
    UNROLL for (int v = 0; v < vectors; v++) store(out + u * lanes + v * VL, sums[u][v]);
  }
}

INLINE void product_pass(const int vectors, int64_t count, int64_t terms, const float *w, int64_t across,
                         int64_t along, const float *start, const float *in, int64_t lanes, float *out) {
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    product_tile(vectors, 4, terms, w + i * across, across, along, start ? start + i : 0, in, lanes,
                 out + i * lanes);
  }
  for (; i < count; i++) {
    product_tile(vectors, 1, terms, w + i * across, across, along, start ? start + i : 0, in, lanes,
                 out + i * lanes);
  }
}

INLINE void product(int64_t count, int64_t terms, const float *w, int64_t across, int64_t along, const float *start,
                    const float *in, int64_t lanes, float *out) {
  int64_t l = 0;
  for (; l + tile_vectors * VL <= lanes; l += tile_vectors * VL) {
    product_pass(tile_vectors, count, terms, w, across, along, start, in + l, lanes, out + l);
  }
  for (; l < lanes; l += VL) product_pass(1, count, terms, w, across, along, start, in + l, lanes, out + l);
}

/// One sample: y[i] = bias[i] + w[i] . x, four outputs at a time, a vector of inputs at a time.
INLINE void forward_of_one(int64_t count, int64_t inputs, const float *w, const float *bias, const float *x, float *y) {
  for (int64_t i = 0; i < count; i += 4) {
    const int64_t rows = count - i < 4 ? count - i : 4;
    const float *row[4];
    vector sums[4];
    UNROLL for (int u = 0; u < 4; u++) {
      row[u] = w + (u < rows ? i + u : i) * inputs;
      sums[u] = splat(0);
    }
    int64_t k = 0;
    for (; k + VL <= inputs; k += VL) {
      UNROLL for (int u = 0; u < 4; u++) sums[u] = multiply_add(load(row[u] + k), load(x + k), sums[u]);
    }
    if (k < inputs) {
      const vector last = load_some(x + k, inputs - k);
      UNROLL for (int u = 0; u < 4; u++) sums[u] = multiply_add(load_some(row[u] + k, inputs - k), last, sums[u]);
    }
    const quad dots = sums_of_four(sums[0], sums[1], sums[2], sums[3]);
    for (int u = 0; u < rows; u++) y[i + u] = bias ? bias[i + u] + dots[u] : dots[u];
  }
}

/// One sample: dx[j] = sum over i < outputs of w[i][j] dy[i] for the next vectors of inputs, or the `left` there are.
INLINE void input_gradient_of_one(const int vectors, int64_t left, int64_t outputs, int64_t inputs, const float *w,
                                  const float *dy, float *dx) {
  vector sums[4];
  UNROLL for (int v = 0; v < vectors; v++) sums[v] = splat(0);
  for (int64_t i = 0; i < outputs; i++) {
    const vector factor = splat(dy[i]);
    UNROLL for (int v = 0; v < vectors; v++) {
      const vector row = vectors == 1 ? load_some(w + i * inputs, left) : load(w + i * inputs + v * VL);
      sums[v] = multiply_add(factor, row, sums[v]);
    }
  }
  UNROLL for (int v = 0; v < vectors; v++) store_some(dx + v * VL, left - v * VL, sums[v]);
}

static void dense_forward(int64_t r0, int64_t r1, int64_t inputs, const float *w, const float *bias, const float *x,
                          int64_t lanes, float *y) {
  if (lanes == 1) {
    forward_of_one(r1 - r0, inputs, w + r0 * inputs, bias ? bias + r0 : 0, x, y + r0);
    return;
  }
  product(r1 - r0, inputs, w + r0 * inputs, inputs, 1, bias ? bias + r0 : 0, x, lanes, y + r0 * lanes);
}

static void dense_input_gradient(int64_t c0, int64_t c1, int64_t outputs, int64_t inputs, const float *w,
                                 const float *dy, int64_t lanes, float *dx) {
  if (lanes == 1) {
    int64_t j = c0;
    for (; j + 4 * VL <= c1; j += 4 * VL) input_gradient_of_one(4, 4 * VL, outputs, inputs, w + j, dy, dx + j);
    for (; j < c1; j += VL) input_gradient_of_one(1, c1 - j, outputs, inputs, w + j, dy, dx + j);
    return;
  }
  product(c1 - c0, outputs, w + c0, 1, inputs, 0, dy, lanes, dx + c0 * lanes);
}

INLINE void gradient_row_pass(const int vectors, int64_t count, const float *x, const float *dy_row, int64_t lanes,
                              float *g, int add) {
  vector output[most_vectors];
  UNROLL for (int v = 0; v < vectors; v++) output[v] = load(dy_row + v * VL);
  for (int64_t j = 0; j < count; j += 4) {
    vector products[4] = {splat(0), splat(0), splat(0), splat(0)};
    if (j + 4 <= count) {
      UNROLL for (int u = 0; u < 4; u++) products[u] = row_products(vectors, output, x + (j + u) * lanes);
    } else {
      for (int u = 0; j + u < count; u++) products[u] = row_products(vectors, output, x + (j + u) * lanes);
    }
    put_sums(g + j, count - j, sums_of_four(products[0], products[1], products[2], products[3]), add);
  }
}

static void dense_gradient_row(int64_t c0, int64_t c1, const float *x, const float *dy_row, int64_t lanes, float *g,
                               int accumulate) {
  if (lanes == 1) {
    for (int64_t j = 0; j < c1 - c0; j += VL) {
      const int64_t left = c1 - c0 - j;
      const vector products = load_some(x + c0 + j, left) * splat(dy_row[0]);
      store_some(g + j, left, accumulate ? load_some(g + j, left) + products : products);
    }
    return;
  }
#define PASS(vectors) \
  gradient_row_pass(vectors, c1 - c0, x + c0 * lanes + l, dy_row + l, lanes, g, accumulate || l > 0)
  FOR_EACH_PASS(l, lanes, PASS)
#undef PASS
}

static void row_sums(int64_t r0, int64_t r1, const float *dy, int64_t lanes, float *g, int accumulate) {
  if (lanes == 1) {
    for (int64_t i = r0; i < r1; i += VL) {
      const vector values = load_some(dy + i, r1 - i);
      store_some(g + i, r1 - i, accumulate ? load_some(g + i, r1 - i) + values : values);
    }
    return;
  }
  for (int64_t i = r0; i < r1; i += 4) {
    vector sums[4] = {splat(0), splat(0), splat(0), splat(0)};
    for (int u = 0; u < 4 && i + u < r1; u++) {
      for (int64_t l = 0; l < lanes; l += VL) sums[u] += load(dy + (i + u) * lanes + l);
    }
    put_sums(g + i, r1 - i, sums_of_four(sums[0], sums[1], sums[2], sums[3]), accumulate);
  }
}
