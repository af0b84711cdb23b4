// SPDX-License-Identifier: Apache-2.0
// Espalier: optimizer updates, in place over any number of values.

/// The gradient that every optimizer reads: g * gradient_scale + decay * w.
INLINE vector decayed(vector g, float gradient_scale, vector w, float decay) {
  return multiply_add(splat(decay), w, g * splat(gradient_scale));
}

INLINE vector square_root(vector v) { return __builtin_elementwise_sqrt(v); }

static void add(int64_t count, const float *x, float *y) {
  for (int64_t k = 0; k < count; k += VL) {
    store_some(y + k, count - k, load_some(y + k, count - k) + load_some(x + k, count - k));
  }
}

static void sgd(int64_t count, float *w, float *m, const float *g, float gradient_scale, float rate, float momentum,
                int nesterov, float decay) {
  for (int64_t k = 0; k < count; k += VL) {
    const int64_t left = count - k;
    vector value = load_some(w + k, left);
    vector step = decayed(load_some(g + k, left), gradient_scale, value, decay);
    if (m && momentum != 0) {
      vector velocity = multiply_add(splat(momentum), load_some(m + k, left), step);
      store_some(m + k, left, velocity);
      step = nesterov ? multiply_add(splat(momentum), velocity, step) : velocity;
    }
    store_some(w + k, left, multiply_add(splat(-rate), step, value));
  }
}

typedef uint16_t clocks __attribute__((ext_vector_type(VL), aligned(2)));

/// Raises the clocks of the next VL values by one, up to `oldest`; clocks past the end read as the first.
INLINE clocks raise_clocks(uint16_t *ages, int64_t left, uint16_t oldest) {
  clocks now = (clocks)(ages[0]);
  if (left >= VL) {
    now = *(const clocks *)ages;
  } else {
    __builtin_memcpy(&now, ages, (size_t)left * sizeof(uint16_t));
  }
  now += (clocks)(now < (clocks)(oldest)) & (clocks)(1);
  if (left >= VL) {
    *(clocks *)ages = now;
  } else {
    __builtin_memcpy(ages, &now, (size_t)left * sizeof(uint16_t));
  }
  return now;
}

static void adam(int64_t count, float *w, float *m, float *v, uint16_t *ages, int64_t age, const float *corrections,
                 int64_t table_count, const float *g, float gradient_scale, float rate, float beta1, float beta2,
                 float epsilon, float decay, float decoupled) {
  const int64_t last = table_count - 1;
  if (age > last) age = last;
  vector first_correction = splat(corrections[2 * age]);
  vector second_correction = splat(corrections[2 * age + 1]);
  for (int64_t k = 0; k < count; k += VL) {
    const int64_t left = count - k;
    if (ages) {
      clocks now = raise_clocks(ages + k, left, (uint16_t)last);
      if (__builtin_reduce_or(now ^ (clocks)(now[0])) == 0) {
        first_correction = splat(corrections[2 * (int64_t)now[0]]);
        second_correction = splat(corrections[2 * (int64_t)now[0] + 1]);
      } else {
        for (int u = 0; u < VL; u++) {
          first_correction[u] = corrections[2 * (int64_t)now[u]];
          second_correction[u] = corrections[2 * (int64_t)now[u] + 1];
        }
      }
    }
    vector value = load_some(w + k, left);
    vector slope = decayed(load_some(g + k, left), gradient_scale, value, decay);
    vector mean = multiply_add(splat(beta1), load_some(m + k, left), splat(1 - beta1) * slope);
    vector square = multiply_add(splat(beta2), load_some(v + k, left), splat(1 - beta2) * slope * slope);
    store_some(m + k, left, mean);
    store_some(v + k, left, square);
    vector step = mean * first_correction / (square_root(square * second_correction) + splat(epsilon));
    value *= splat(1 - rate * decoupled);
    store_some(w + k, left, multiply_add(splat(-rate), step, value));
  }
}

static void rmsprop(int64_t count, float *w, float *v, float *m, const float *g, float gradient_scale, float rate,
                    float alpha, float epsilon, float momentum, float decay) {
  for (int64_t k = 0; k < count; k += VL) {
    const int64_t left = count - k;
    vector value = load_some(w + k, left);
    vector slope = decayed(load_some(g + k, left), gradient_scale, value, decay);
    vector square = multiply_add(splat(alpha), load_some(v + k, left), splat(1 - alpha) * slope * slope);
    store_some(v + k, left, square);
    vector step = slope / (square_root(square) + splat(epsilon));
    if (m && momentum != 0) {
      step = multiply_add(splat(momentum), load_some(m + k, left), step);
      store_some(m + k, left, step);
    }
    store_some(w + k, left, multiply_add(splat(-rate), step, value));
  }
}
