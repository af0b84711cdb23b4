// SPDX-License-Identifier: Apache-2.0
// Espalier: layers whose neurons have equally many inputs each, inside a window around their own place.
//
// Neuron i of `rows` stands at place (2 i + 1) columns / (2 rows) of the inputs (whole numbers, rounded down). Its window
// begins half a window before, and never leaves the inputs. A connection is a 16-bit offset into the window and a weight;
// there are no row starts. The fan-in is a constant for 1 to 4 inputs, which is worth a third of the time.

/// Where windows begin, row after row, without a division a row.
struct window_walk {
  int64_t place, part, whole, rest, doubled_rows, half, last;
};

INLINE struct window_walk walk_from(const struct espalier_windows *shape, int64_t row) {
  const int64_t doubled_rows = 2 * shape->rows, at = (2 * row + 1) * shape->columns;
  return (struct window_walk){
    .place = at / doubled_rows,
    .part = at % doubled_rows,
    .whole = shape->columns / shape->rows,
    .rest = 2 * (shape->columns % shape->rows),
    .doubled_rows = doubled_rows,
    .half = shape->window / 2,
    .last = shape->columns - shape->window,
  };
}

INLINE int64_t window_start(const struct window_walk *walk) {
  int64_t start = walk->place - walk->half;
  start = start < 0 ? 0 : start;
  return start > walk->last ? walk->last : start;
}

INLINE void walk_on(struct window_walk *walk) {
  walk->part += walk->rest;
  const int64_t carry = walk->part >= walk->doubled_rows;
  walk->part -= carry ? walk->doubled_rows : 0;
  walk->place += walk->whole + carry;
}

INLINE float multiply_add_one(float a, float b, float c) { return a * b + c; }

/// The update of the optimizers' sgd without momentum, to the same bytes.
INLINE float stepped(const struct espalier_step *step, float weight, float gradient) {
  const float scaled = gradient * step->gradient_scale;
  const float decayed_gradient = multiply_add_one(step->decay, weight, scaled);
  return multiply_add_one(-step->rate, decayed_gradient, weight);
}

INLINE void windowed_forward_of_one(const int64_t fan_in, const struct espalier_windows *shape, int64_t r0, int64_t r1,
                                    const uint16_t *offsets, const float *values, const float *bias, const float *x,
                                    float *y) {
  struct window_walk walk = walk_from(shape, r0);
  for (int64_t i = r0; i < r1; i++) {
    const float *window = x + window_start(&walk);
    float sum = bias ? bias[i] : 0;
    for (int64_t u = 0; u < fan_in; u++) {
      sum = multiply_add_one(values[i * fan_in + u], window[offsets[i * fan_in + u]], sum);
    }
    y[i] = sum;
    walk_on(&walk);
  }
}

INLINE void windowed_forward_pass(const int vectors, const struct espalier_windows *shape, int64_t r0, int64_t r1,
                                  const uint16_t *offsets, const float *values, const float *bias, const float *x,
                                  int64_t lanes, float *y) {
  const int64_t fan_in = shape->fan_in;
  struct window_walk walk = walk_from(shape, r0);
  for (int64_t i = r0; i < r1; i++) {
    const float *window = x + window_start(&walk) * lanes;
    vector sums[most_vectors];
    UNROLL for (int v = 0; v < vectors; v++) sums[v] = splat(bias ? bias[i] : 0);
    for (int64_t u = 0; u < fan_in; u++) {
      const float *row = window + (int64_t)offsets[i * fan_in + u] * lanes;
      const vector value = splat(values[i * fan_in + u]);
      UNROLL for (int v = 0; v < vectors; v++) sums[v] = multiply_add(value, load(row + v * VL), sums[v]);
    }
    UNROLL for (int v = 0; v < vectors; v++) store(y + i * lanes + v * VL, sums[v]);
    walk_on(&walk);
  }
}

static void windowed_forward(const struct espalier_windows *shape, int64_t r0, int64_t r1, const uint16_t *offsets,
                             const float *values, const float *bias, const float *x, int64_t lanes, float *y) {
  if (lanes == 1) {
    switch (shape->fan_in) {
      case 1: windowed_forward_of_one(1, shape, r0, r1, offsets, values, bias, x, y); break;
      case 2: windowed_forward_of_one(2, shape, r0, r1, offsets, values, bias, x, y); break;
      case 3: windowed_forward_of_one(3, shape, r0, r1, offsets, values, bias, x, y); break;
      case 4: windowed_forward_of_one(4, shape, r0, r1, offsets, values, bias, x, y); break;
      default: windowed_forward_of_one(shape->fan_in, shape, r0, r1, offsets, values, bias, x, y); break;
    }
    return;
  }
#define PASS(vectors) windowed_forward_pass(vectors, shape, r0, r1, offsets, values, bias, x + l, lanes, y + l)
  FOR_EACH_PASS(l, lanes, PASS)
#undef PASS
}

/// Puts a connection's gradient where it belongs: into its weight, or into the list of gradients.
INLINE void put_gradient(const struct espalier_step *step, int64_t at, float gradient, float *values, float *dvalues,
                         int accumulate) {
  if (step) {
    values[at] = stepped(step, values[at], gradient);
  } else {
    dvalues[at] = accumulate ? dvalues[at] + gradient : gradient;
  }
}

INLINE void windowed_backward_of_one(const int64_t fan_in, const struct espalier_windows *shape, int64_t r0, int64_t r1,
                                     const uint16_t *offsets, float *values, const float *x, const float *dy, float *dx,
                                     const struct espalier_step *step, float *dvalues, int accumulate) {
  struct window_walk walk = walk_from(shape, r0);
  for (int64_t i = r0; i < r1; i++) {
    const int64_t start = window_start(&walk);
    for (int64_t u = 0; u < fan_in; u++) {
      const int64_t at = i * fan_in + u;
      const int64_t j = start + offsets[at];
      if (dx) dx[j] = multiply_add_one(values[at], dy[i], dx[j]);
      put_gradient(step, at, x[j] * dy[i], values, dvalues, accumulate);
    }
    walk_on(&walk);
  }
}

INLINE void windowed_backward_of_many(const struct espalier_windows *shape, int64_t r0, int64_t r1,
                                      const uint16_t *offsets, float *values, const float *x, const float *dy,
                                      int64_t lanes, int64_t blocks, float *dx, const struct espalier_step *step,
                                      float *dvalues, int accumulate) {
  struct window_walk walk = walk_from(shape, r0);
  const int64_t inputs = shape->columns * lanes, outputs = shape->rows * lanes;  // floats of a block
  for (int64_t i = r0; i < r1; i++) {
    const int64_t start = window_start(&walk);
    for (int64_t u = 0; u < shape->fan_in; u++) {
      const int64_t at = i * shape->fan_in + u;
      const int64_t j = start + offsets[at];
      const vector value = splat(values[at]);
      vector products = splat(0);
      for (int64_t b = 0; b < blocks; b++) {
        for (int64_t l = 0; l < lanes; l += VL) {
          const vector gradient = load(dy + b * outputs + i * lanes + l);
          const int64_t place = b * inputs + j * lanes + l;
          products = multiply_add(load(x + place), gradient, products);
          if (dx) store(dx + place, multiply_add(value, gradient, load(dx + place)));
        }
      }
      const quad sums = sums_of_four(products, splat(0), splat(0), splat(0));
      put_gradient(step, at, sums[0], values, dvalues, accumulate);
    }
    walk_on(&walk);
  }
}

static void windowed_backward(const struct espalier_windows *shape, int64_t r0, int64_t r1, const uint16_t *offsets,
                              float *values, const float *x, const float *dy, int64_t lanes, int64_t blocks, float *dx,
                              const struct espalier_step *step, float *dvalues, int accumulate) {
  if (lanes > 1) {
    windowed_backward_of_many(shape, r0, r1, offsets, values, x, dy, lanes, blocks, dx, step, dvalues, accumulate);
    return;
  }
#define ONE(fan_in) windowed_backward_of_one(fan_in, shape, r0, r1, offsets, values, x, dy, dx, step, dvalues, accumulate)
  switch (shape->fan_in) {
    case 1: ONE(1); break;
    case 2: ONE(2); break;
    case 3: ONE(3); break;
    case 4: ONE(4); break;
    default: ONE(shape->fan_in); break;
  }
#undef ONE
}
