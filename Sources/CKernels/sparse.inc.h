// SPDX-License-Identifier: Apache-2.0
// Espalier: what the two storage forms of a sparse layer share: a run of connections of one row, or of one column.
//
// A pass covers `vectors * VL` lanes of a block, kept in registers; `vectors` and the other `const int` parameters are
// constants at every call, so that loops over them unroll and branches on them vanish. Rows of activations are `lanes`
// floats apart.

/// The floats of one row of a block, `vectors` of them.
///
/// A narrow row holds its values as bfloat16, the upper halves of floats: word i of pair p has lane i of vector 2 p in its
/// lower and of vector 2 p + 1 in its upper half, so that a shift and a mask unfold both; it is `lanes` / 2 words long.
/// Only blocks of an even number of vectors can be narrow.
INLINE void load_row(const int vectors, const int narrow, const float *row, vector *to) {
  if (!narrow) {
    UNROLL for (int v = 0; v < vectors; v++) to[v] = load(row + v * VL);
    return;
  }
  UNROLL for (int v = 0; v + 1 < vectors; v += 2) {
    const words pair = *(const words *)(const void *)(row + v / 2 * VL);
    to[v] = (vector)(pair << 16);
    to[v + 1] = (vector)(pair & (words)(0xffff0000u));
  }
}

/// Connections whose products are in flight at once in a forward run: enough to hide the latency of a multiply-add.
#define FLIGHT(vectors) ((vectors) >= 8 ? 1 : (vectors) >= 4 ? 2 : 4)

/// Adds value * row for `count` connections to `sums`: COLUMN and VALUE tell connection k's index and value; rows are
/// `stride` floats apart.
#define FORWARD_RUN(vectors, narrow, count, x, stride, sums, COLUMN, VALUE)                                      \
  do {                                                                                                           \
    const int flight = FLIGHT(vectors);                                                                          \
    vector more[3][most_vectors];                                                                                \
    UNROLL for (int u = 1; u < flight; u++) {                                                                    \
      UNROLL for (int v = 0; v < vectors; v++) more[u - 1][v] = splat(0);                                        \
    }                                                                                                            \
    int64_t k = 0;                                                                                               \
    for (; k + flight <= (count); k += flight) {                                                                 \
      UNROLL for (int u = 0; u < flight; u++) {                                                                  \
        vector row[most_vectors];                                                                                \
        load_row(vectors, narrow, (x) + (int64_t)COLUMN(k + u) * (stride), row);                                 \
        const vector value = splat(VALUE(k + u));                                                                \
        UNROLL for (int v = 0; v < vectors; v++) {                                                               \
          if (u == 0) sums[v] = multiply_add(value, row[v], sums[v]);                                            \
          else more[u - 1][v] = multiply_add(value, row[v], more[u - 1][v]);                                     \
        }                                                                                                        \
      }                                                                                                          \
    }                                                                                                            \
    for (; k < (count); k++) {                                                                                   \
      vector row[most_vectors];                                                                                  \
      load_row(vectors, narrow, (x) + (int64_t)COLUMN(k) * (stride), row);                                       \
      const vector value = splat(VALUE(k));                                                                      \
      UNROLL for (int v = 0; v < vectors; v++) sums[v] = multiply_add(value, row[v], sums[v]);                   \
    }                                                                                                            \
    UNROLL for (int u = 1; u < flight; u++) {                                                                    \
      UNROLL for (int v = 0; v < vectors; v++) sums[v] += more[u - 1][v];                                        \
    }                                                                                                            \
  } while (0)

/// One connection of an input: dx += value * dy[row] when asked for, and the products x * dy[row] to be summed.
INLINE vector backward_connection(const int vectors, const int narrow, const int wants_dx, const float *row,
                                  float value, const vector *x, vector *dx) {
  vector products, dy[most_vectors];
  const vector factor = splat(value);
  load_row(vectors, narrow, row, dy);
  UNROLL for (int v = 0; v < vectors; v++) {
    products = v == 0 ? x[v] * dy[v] : multiply_add(x[v], dy[v], products);
    if (wants_dx) dx[v] = multiply_add(factor, dy[v], dx[v]);
  }
  if (wants_dx) {
    UNROLL for (int v = 0; v < vectors; v++) pin(&dx[v]);
  }
  pin(&products);
  return products;
}

/// A step of gradient descent on up to four neighbouring values: the same operations, and bytes, as in `sgd`.
INLINE void fused_step(const struct espalier_fused_step *step, int64_t k, int64_t left, float *values, quad gradient) {
  quad value = (quad)(0.0f), velocity = (quad)(0.0f);
  const size_t bytes = (left >= 4 ? 4 : (size_t)left) * sizeof(float);
  __builtin_memcpy(&value, values + k, bytes);
  quad change = (quad)(step->decay) * value + gradient * (quad)(step->gradient_scale);
  if (step->momentum_values) {
    __builtin_memcpy(&velocity, step->momentum_values + k, bytes);
    velocity = (quad)(step->momentum) * velocity + change;
    __builtin_memcpy(step->momentum_values + k, &velocity, bytes);
    change = step->nesterov ? (quad)(step->momentum) * velocity + change : velocity;
  }
  value = (quad)(-step->rate) * change + value;
  __builtin_memcpy(values + k, &value, bytes);
}

/// In the place of `fused`: the connections get no gradient and take no step.
enum { only_dx = 2 };

/// Where the gradients of a run go: into `gradient` (added when `add`), or at once into the values.
INLINE void deliver(const int fused, const struct espalier_fused_step *step, int64_t k, int64_t left, float *values,
                    float *gradient, int add, quad dots) {
  if (fused == only_dx) return;
  if (fused) {
    fused_step(step, k, left, values, dots);
  } else {
    put_sums(gradient + k, left, dots, add);
  }
}

/// The `count` connections of one input from k on, whose outputs ROW tells: sums of dx, and a gradient for each.
#define BACKWARD_RUN(vectors, narrow, wants_dx, fused, k0, count, dy, stride, input, sums, values, gradient, add,   \
                     step, ROW)                                                                                    \
  do {                                                                                                              \
    const int64_t end = (k0) + (count);                                                                             \
    int64_t k = (k0);                                                                                               \
    for (; k + 4 <= end; k += 4) {                                                                                  \
      vector products[4];                                                                                           \
      UNROLL for (int u = 0; u < 4; u++) {                                                                          \
        products[u] = backward_connection(vectors, narrow, wants_dx, (dy) + (int64_t)ROW(k + u) * (stride),         \
                                          (values)[k + u], input, sums);                                            \
      }                                                                                                             \
      deliver(fused, step, k, 4, values, gradient, add,                                                             \
              sums_of_four(products[0], products[1], products[2], products[3]));                                    \
    }                                                                                                               \
    if (k < end) {                                                                                                  \
      vector products[4] = {splat(0), splat(0), splat(0), splat(0)};                                                \
      UNROLL for (int u = 0; u < 3; u++) {                                                                          \
        if (k + u >= end) break;                                                                                    \
        products[u] = backward_connection(vectors, narrow, wants_dx, (dy) + (int64_t)ROW(k + u) * (stride),         \
                                          (values)[k + u], input, sums);                                            \
      }                                                                                                             \
      deliver(fused, step, k, end - k, values, gradient, add,                                                       \
              sums_of_four(products[0], products[1], products[2], products[3]));                                    \
    }                                                                                                               \
  } while (0)

/// The nearest bfloat16 of each float in its upper half, ties to even; NaN stays NaN.
INLINE words rounded_halves(vector v) {
  const words bits = (words)v;
  const words up = bits + (words)(0x7fffu) + ((bits >> 16) & (words)(1));
  return (words)choose(v == v, (vector)up, (vector)(bits | (words)(0x400000u)));
}

/// Writes blocks of `features` rows of `lanes` floats as narrow rows, see `load_row`.
static void narrow_rows(int64_t rows, int64_t lanes, const float *x, uint32_t *to) {
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t l = 0; l + 2 * VL <= lanes; l += 2 * VL) {
      const words low = rounded_halves(load(x + i * lanes + l)) >> 16;
      const words high = rounded_halves(load(x + i * lanes + l + VL)) & (words)(0xffff0000u);
      *(words *)(to + (i * lanes + l) / 2) = low | high;
    }
  }
}

INLINE vector rectified(vector v) { return choose(v < splat(0), splat(0), v); }

// ---- one lane: acting agents and online learning ---------------------------------------------------------------------

#if VL == 16
typedef uint16_t shorts __attribute__((ext_vector_type(VL), aligned(2)));

/// The next VL indices as 32 bits; lanes from `left` on repeat the first, so that nothing outside the run is read.
INLINE mask short_indices(const uint16_t *p, int64_t left) {
  mask indices = __builtin_convertvector(*(const shorts *)p, mask);
  return left >= VL ? indices : (mask)choose(first_lanes(left), (vector)indices, (vector)(mask)(p[0]));
}

INLINE mask word_indices(const uint32_t *p, int64_t left) {
  mask indices = *(const mask *)p;
  return left >= VL ? indices : (mask)choose(first_lanes(left), (vector)indices, (vector)(mask)(p[0]));
}

/// x[indices[0 ..< VL]].
INLINE vector gathered(const float *x, mask indices) {
  return (vector)__builtin_ia32_gathersiv16sf((vector)(0.0f), x, indices, (short)-1, 4);
}

/// values[map[0 ..< VL]], zero from `left` on.
INLINE vector gathered_some(const float *values, const uint32_t *map, int64_t left) {
  const vector v = gathered(values, word_indices(map, left));
  return left >= VL ? v : choose(first_lanes(left), v, splat(0));
}
#endif

/// Adds value * x[index] over `count` connections to the lanes of `sum`. INDICES(k, left) gives VL indices from k on (and
/// may read VL - 1 past the run), INDEX(k) one; VALUES(k, left) gives the values, VALUE(k) one.
#if VL == 16
#define LANE_RUN(count, x, sum, INDICES, INDEX, VALUES, VALUE)                                       \
  do {                                                                                              \
    int64_t k = 0;                                                                                  \
    for (; k + VL <= (count); k += VL) {                                                            \
      sum = multiply_add(VALUES(k, VL), gathered(x, INDICES(k, VL)), sum);                          \
    }                                                                                               \
    if ((count) - k > 6) {                                                                          \
      sum = multiply_add(VALUES(k, (count) - k), gathered(x, INDICES(k, (count) - k)), sum);        \
    } else {                                                                                        \
      float rest = 0;                                                                               \
      for (; k < (count); k++) rest += VALUE(k) * (x)[INDEX(k)];                                    \
      sum[0] += rest;                                                                               \
    }                                                                                               \
  } while (0)
#else
#define LANE_RUN(count, x, sum, INDICES, INDEX, VALUES, VALUE)                            \
  do {                                                                                   \
    quad four = (quad)(0.0f);                                                            \
    int64_t k = 0;                                                                       \
    for (; k + 4 <= (count); k += 4) {                                                   \
      UNROLL for (int u = 0; u < 4; u++) four[u] += VALUE(k + u) * (x)[INDEX(k + u)];    \
    }                                                                                    \
    for (; k < (count); k++) four[0] += VALUE(k) * (x)[INDEX(k)];                        \
    __builtin_memcpy(&sum, &four, sizeof four);                                          \
  } while (0)
#endif

/// The gradients of up to VL neighbouring connections at one lane, delivered as `deliver` does.
INLINE void deliver_lane(const int fused, const struct espalier_fused_step *step, int64_t k, int64_t left,
                         float *values, vector value, float *gradient, int add, vector products) {
  if (fused == only_dx) return;
  if (!fused) {
    store_some(gradient + k, left, add ? load_some(gradient + k, left) + products : products);
    return;
  }
  vector change = splat(step->decay) * value + products * splat(step->gradient_scale);
  if (step->momentum_values) {
    float *at = step->momentum_values + k;
    const vector velocity = splat(step->momentum) * load_some(at, left) + change;
    store_some(at, left, velocity);
    change = step->nesterov ? splat(step->momentum) * velocity + change : velocity;
  }
  store_some(values + k, left, splat(-step->rate) * change + value);
}

/// Up to VL connections of one input from k on: their part of dx is added to `sum`, and each gets its gradient.
#if VL == 16
#define BACKWARD_LANES(fused, k, left, dy, input, sum, values, gradient, add, step, ROWS, ROW)              \
  do {                                                                                                      \
    const vector slopes = gathered(dy, ROWS(k, left));                                                      \
    const vector value = load_some((values) + (k), left);                                                   \
    sum = multiply_add(value, slopes, sum);                                                                 \
    deliver_lane(fused, step, k, left, values, value, gradient, add, splat(input) * slopes);                \
  } while (0)
#else
#define BACKWARD_LANES(fused, k, left, dy, input, sum, values, gradient, add, step, ROWS, ROW)              \
  do {                                                                                                      \
    vector slopes = splat(0);                                                                               \
    if ((left) >= VL) {                                                                                     \
      UNROLL for (int u = 0; u < VL; u++) slopes[u] = (dy)[ROW((k) + u)];                                   \
    } else {                                                                                                \
      for (int u = 0; u < (left); u++) slopes[u] = (dy)[ROW((k) + u)];                                      \
    }                                                                                                       \
    const vector value = load_some((values) + (k), left);                                                   \
    sum = multiply_add(value, slopes, sum);                                                                 \
    deliver_lane(fused, step, k, left, values, value, gradient, add, splat(input) * slopes);                \
  } while (0)
#endif

/// Calls KERNEL(vectors, narrow, wants_dx, fused) as the backward function around it was asked to, with constants.
#define BACKWARD_PASS(KERNEL, vectors)                                                          \
  do {                                                                                          \
    if (step) {                                                                                 \
      if (dx) BACKWARD_WIDTH(KERNEL, vectors, 1, 1); else BACKWARD_WIDTH(KERNEL, vectors, 0, 1); \
    } else if (gradient) {                                                                      \
      if (dx) BACKWARD_WIDTH(KERNEL, vectors, 1, 0); else BACKWARD_WIDTH(KERNEL, vectors, 0, 0); \
    } else if (dx) {                                                                            \
      BACKWARD_WIDTH(KERNEL, vectors, 1, only_dx);                                              \
    }                                                                                           \
  } while (0)
#define BACKWARD_WIDTH(KERNEL, vectors, wants_dx, fused)                                                        \
  do {                                                                                                          \
    if (narrow && vectors > 1) KERNEL(vectors, 1, wants_dx, fused); else KERNEL(vectors, 0, wants_dx, fused);   \
  } while (0)
