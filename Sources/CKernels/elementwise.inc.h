// SPDX-License-Identifier: Apache-2.0
// Espalier: elementwise functions over any number of floats.
//
// The last few floats go through the same vector code on a padded copy, so a value does not depend on its place.

/// Past these |x| gelu is x or 0 to the last bit.
#define GELU_BOUND 100.0f

/// x / 2 (1 + tanh u) = x / (1 + e^-2u) with u = sqrt(2 / pi) (x + 0.044715 x^3): gives 2u and its derivative.
INLINE vector gelu_inner(vector x, vector *slope) {
  const float scale = 1.5957691216057308f;  // 2 sqrt(2 / pi)
  vector square = x * x;
  *slope = multiply_add(square, splat(3 * 0.044715f * scale), splat(scale));
  return x * multiply_add(square, splat(0.044715f * scale), splat(scale));
}

INLINE vector activation(const int kind, float a, vector x) {
  vector slope;
  switch (kind) {
    case espalier_relu: return choose(x < splat(0), splat(0), x);
    case espalier_leaky_relu: return choose(x > splat(0), x, splat(a) * x);
    case espalier_tanh: return hyperbolic_tangent(x);
    case espalier_sigmoid: return logistic(x, &slope);
    default: {
      vector bounded = choose(x < splat(-GELU_BOUND), splat(-GELU_BOUND), x);
      return bounded * logistic(gelu_inner(bounded, &slope), &slope);
    }
  }
}

/// dy * f'; `v` is the output, but the input for gelu.
INLINE vector activation_gradient(const int kind, float a, vector v, vector dy) {
  switch (kind) {
    case espalier_relu: return choose(v > splat(0), dy, splat(0));
    case espalier_leaky_relu: return choose(v > splat(0), dy, splat(a) * dy);
    case espalier_tanh: return dy * (splat(1) - v * v);
    case espalier_sigmoid: return dy * (v * (splat(1) - v));
    default: {
      v = choose(v < splat(-GELU_BOUND), splat(-GELU_BOUND), v);
      v = choose(v > splat(GELU_BOUND), splat(GELU_BOUND), v);
      vector inner_slope, slope;
      vector inner = gelu_inner(v, &inner_slope);
      vector share = logistic(inner, &slope);
      return dy * multiply_add(v * slope, inner_slope, share);
    }
  }
}

INLINE void activate_all(const int kind, float a, int64_t count, const float *x, float *y) {
  for (int64_t k = 0; k < count; k += VL) {
    store_some(y + k, count - k, activation(kind, a, load_some(x + k, count - k)));
  }
}

static void activate(int kind, float a, int64_t count, const float *x, float *y) {
  switch (kind) {
    case espalier_relu: activate_all(espalier_relu, a, count, x, y); break;
    case espalier_leaky_relu: activate_all(espalier_leaky_relu, a, count, x, y); break;
    case espalier_tanh: activate_all(espalier_tanh, a, count, x, y); break;
    case espalier_sigmoid: activate_all(espalier_sigmoid, a, count, x, y); break;
    default: activate_all(espalier_gelu, a, count, x, y); break;
  }
}

INLINE void activate_gradient_all(const int kind, float a, int64_t count, const float *v, const float *dy,
                                  float *dx) {
  for (int64_t k = 0; k < count; k += VL) {
    const int64_t left = count - k;
    store_some(dx + k, left, activation_gradient(kind, a, load_some(v + k, left), load_some(dy + k, left)));
  }
}

static void activate_gradient(int kind, float a, int64_t count, const float *x, const float *y, const float *dy,
                              float *dx) {
  switch (kind) {
    case espalier_relu: activate_gradient_all(espalier_relu, a, count, y, dy, dx); break;
    case espalier_leaky_relu: activate_gradient_all(espalier_leaky_relu, a, count, y, dy, dx); break;
    case espalier_tanh: activate_gradient_all(espalier_tanh, a, count, y, dy, dx); break;
    case espalier_sigmoid: activate_gradient_all(espalier_sigmoid, a, count, y, dy, dx); break;
    default: activate_gradient_all(espalier_gelu, a, count, x, dy, dx); break;
  }
}

static void leaky_gradient_from_input(float a, int64_t count, const float *x, const float *dy, float *dx) {
  activate_gradient_all(espalier_leaky_relu, a, count, x, dy, dx);
}

static double sum_of_squares(int64_t count, const float *x) {
  wide sums = (wide)(0.0);
  for (int64_t k = 0; k < count; k += VL) {
    wide values = __builtin_convertvector(load_some(x + k, count - k), wide);
    sums += values * values;
  }
  double sum = 0;
  for (int v = 0; v < VL; v++) sum += sums[v];
  return sum;
}

static int all_finite(int64_t count, const float *x) {
  mask bad = (mask)(0);
  for (int64_t k = 0; k < count; k += VL) {
    words exponents = (words)load_some(x + k, count - k) & 0x7f800000u;
    bad |= (mask)(exponents == 0x7f800000u);
  }
  int32_t any = 0;
  for (int v = 0; v < VL; v++) any |= bad[v];
  return any == 0;
}
