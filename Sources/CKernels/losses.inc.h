// SPDX-License-Identifier: Apache-2.0
// Espalier: losses on one block [outputs][lanes], a vector of samples at a time.
//
// A sample's loss is summed in double over the outputs, then the samples' losses in their order. One sample alone (one
// lane) is vectorised over the outputs instead.

/// All bits set in the lanes that hold one of the `samples` left.
INLINE mask valid_lanes(int64_t samples) {
  mask valid;
  for (int v = 0; v < VL; v++) valid[v] = v < samples ? -1 : 0;
  return valid;
}

INLINE vector keep(mask valid, vector v) { return (vector)((mask)v & valid); }

INLINE double sum_of_samples(int64_t samples, const wide *losses) {
  double sum = 0;
  for (int v = 0; v < VL && v < samples; v++) sum += (*losses)[v];
  return sum;
}

/// The largest score of every lane.
INLINE vector largest(int64_t classes, int64_t lanes, const float *z) {
  vector top = load(z);
  for (int64_t c = 1; c < classes; c++) {
    vector score = load(z + c * lanes);
    top = choose(score > top, score, top);
  }
  return top;
}

static double cross_entropy_of_one(int64_t classes, const float *z, int32_t label, float smoothing, float scale,
                                   float *dz) {
  const double share = (double)smoothing / (double)classes;
  float top = z[0];
  for (int64_t c = 1; c < classes; c++) top = z[c] > top ? z[c] : top;
  wide sums = (wide)(0.0), distances = (wide)(0.0);
  for (int64_t c = 0; c < classes; c += VL) {
    const mask valid = valid_lanes(classes - c);
    const vector distance = keep(valid, load_some(z + c, classes - c) - splat(top));
    const vector e = keep(valid, exponential(distance));
    sums += __builtin_convertvector(e, wide);
    distances += __builtin_convertvector(distance, wide);
    if (dz) store_some(dz + c, classes - c, e);
  }
  const double sum = sum_of_samples(VL, &sums);
  double loss = __builtin_log(sum) - (1 - (double)smoothing) * ((double)z[label] - (double)top);
  if (smoothing > 0) loss -= share * sum_of_samples(VL, &distances);
  if (dz) {
    const vector factor = splat(scale / (float)sum);
    for (int64_t c = 0; c < classes; c += VL) {
      const vector slope = load_some(dz + c, classes - c) * factor - splat((float)share * scale);
      store_some(dz + c, classes - c, slope);
    }
    dz[label] -= (1 - smoothing) * scale;
  }
  return loss;
}

static double softmax_cross_entropy(int64_t classes, int64_t lanes, int64_t samples, const float *z,
                                    const int32_t *labels, float smoothing, float scale, float *dz) {
  const double share = (double)smoothing / (double)classes;
  double total = 0;
  if (classes == 0 || samples == 0) return total;
  if (lanes == 1) return cross_entropy_of_one(classes, z, labels[0], smoothing, scale, dz);
  for (int64_t l = 0; l < lanes; l += VL) {
    const mask valid = valid_lanes(samples - l);
    const vector top = largest(classes, lanes, z + l);
    vector sum = splat(0);
    wide distances = (wide)(0.0);  // sum of z - top, for the smoothed part of the target
    for (int64_t c = 0; c < classes; c++) {
      vector distance = load(z + c * lanes + l) - top;
      vector e = exponential(distance);
      sum += e;
      distances += __builtin_convertvector(distance, wide);
      if (dz) store(dz + c * lanes + l, e);
    }
    if (dz) {
      const vector factor = splat(scale) / sum;
      for (int64_t c = 0; c < classes; c++) {
        vector slope = load(dz + c * lanes + l) * factor - splat((float)share * scale);
        store(dz + c * lanes + l, keep(valid, slope));
      }
    }
    for (int v = 0; v < VL && l + v < samples; v++) {
      const int64_t at = (int64_t)labels[l + v] * lanes + l + v;
      double loss = __builtin_log((double)sum[v]) - (1 - (double)smoothing) * ((double)z[at] - (double)top[v]);
      if (smoothing > 0) loss -= share * distances[v];
      total += loss;
      if (dz) dz[at] -= (1 - smoothing) * scale;
    }
  }
  return total;
}

enum pointwise_loss { squared_loss, huber_loss, binary_loss };

/// The loss of one output for VL samples, and its derivative.
INLINE vector pointwise(const enum pointwise_loss kind, float delta, vector y, vector t, vector *slope) {
  if (kind == binary_loss) {
    // -t log p - (1 - t) log(1 - p) with p = 1 / (1 + e^-y), as max(y, 0) - y t + log(1 + e^-|y|).
    vector ignored;
    *slope = logistic(y, &ignored) - t;
    vector positive = choose(y < splat(0), splat(0), y);
    return positive - y * t + log_one_plus(exponential(choose(y < splat(0), y, -y)));
  }
  vector difference = y - t;
  if (kind == squared_loss) {
    *slope = splat(2) * difference;
    return difference * difference;
  }
  vector size = choose(difference < splat(0), -difference, difference);
  vector bound = choose(difference < splat(0), splat(-delta), splat(delta));
  *slope = choose(size > splat(delta), bound, difference);
  return choose(size > splat(delta), splat(delta) * (size - splat(0.5f * delta)),
                splat(0.5f) * difference * difference);
}

INLINE double pointwise_losses_of_one(const enum pointwise_loss kind, float delta, int64_t outputs, const float *y,
                                      const float *t, float scale, float *dy) {
  wide losses = (wide)(0.0);
  for (int64_t o = 0; o < outputs; o += VL) {
    const int64_t left = outputs - o;
    vector slope;
    const vector loss = pointwise(kind, delta, load_some(y + o, left), load_some(t + o, left), &slope);
    losses += __builtin_convertvector(keep(valid_lanes(left), loss), wide);
    if (dy) store_some(dy + o, left, splat(scale / (float)outputs) * slope);
  }
  return outputs > 0 ? sum_of_samples(VL, &losses) / (double)outputs : 0;
}

INLINE double pointwise_losses(const enum pointwise_loss kind, float delta, int64_t outputs, int64_t lanes,
                               int64_t samples, const float *y, const float *t, float scale, float *dy) {
  if (lanes == 1) return pointwise_losses_of_one(kind, delta, outputs, y, t, scale, dy);
  double total = 0;
  for (int64_t l = 0; l < lanes; l += VL) {
    const mask valid = valid_lanes(samples - l);
    wide losses = (wide)(0.0);
    for (int64_t o = 0; o < outputs; o++) {
      vector slope;
      vector loss = pointwise(kind, delta, load(y + o * lanes + l), load(t + o * lanes + l), &slope);
      losses += __builtin_convertvector(loss, wide);
      if (dy) store(dy + o * lanes + l, keep(valid, splat(scale / (float)outputs) * slope));
    }
    total += sum_of_samples(samples - l, &losses);
  }
  return outputs > 0 ? total / (double)outputs : 0;
}

static double squared_error(int64_t outputs, int64_t lanes, int64_t samples, const float *y, const float *t,
                            float scale, float *dy) {
  return pointwise_losses(squared_loss, 0, outputs, lanes, samples, y, t, scale, dy);
}

static double huber(int64_t outputs, int64_t lanes, int64_t samples, const float *y, const float *t, float delta,
                    float scale, float *dy) {
  return pointwise_losses(huber_loss, delta, outputs, lanes, samples, y, t, scale, dy);
}

static double binary_cross_entropy(int64_t outputs, int64_t lanes, int64_t samples, const float *z, const float *t,
                                   float scale, float *dz) {
  return pointwise_losses(binary_loss, 0, outputs, lanes, samples, z, t, scale, dz);
}
