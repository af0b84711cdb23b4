// SPDX-License-Identifier: Apache-2.0
// Espalier: one to eight samples through a sparse layer whose weights lie sixteen outputs side by side, for acting networks.
//
// A vector holds sixteen outputs, so that no sum over lanes is needed. With panels, 16 or 32 inputs stay in registers
// while all their connections pick from them: a word carries eight places of 4 bits, or four of 8. A few samples share the
// weights and the places; that pays only where a permutation picks sixteen inputs at once.

enum {
  acting_rows = 16,
  acting_vectors = acting_rows / VL,
  /// Sums in flight for each output: multiply-adds of one chain wait for each other.
  acting_chains = VL == 16 ? 4 : 1,
};

/// Adds a strip's connections, panel by panel; `known` is the connections of a row in a panel where the compiler is to
/// know them, else 0.
INLINE void acting_panels(const int wide, const int known, const struct espalier_acting *a, int64_t strip,
                          const float *values, const float *x, vector sums[acting_chains][acting_vectors]) {
  const int side = wide ? 32 : 16;
  const int bits = wide ? 8 : 4;
  const int most = 32 / bits;
  const int64_t slots = known ? known : a->slots;
  const int64_t panels = (a->columns + side - 1) / side;
  const uint32_t *packed = a->words + strip * panels * ((slots + most - 1) / most) * acting_rows;
  values += strip * panels * slots * acting_rows;
  for (int64_t panel = 0; panel < panels; panel++) {
    const float *inputs = x + panel * side;
#if VL == 16
    const int64_t here = a->columns - panel * side;
    const vector low = load_some(inputs, here);
    const vector high = !wide ? low : here > VL ? load_some(inputs + VL, here - VL) : splat(0);
#endif
    for (int64_t done = 0; done < slots; done += most) {
      words word[acting_vectors];
      UNROLL for (int v = 0; v < acting_vectors; v++) word[v] = *(const words *)(packed + v * VL);
      packed += acting_rows;
      const int64_t left = slots - done;
#if VL == 16
      UNROLL
#endif
      for (int u = 0; u < most; u++) {
        if (u >= left) break;
        UNROLL for (int v = 0; v < acting_vectors; v++) {
#if VL == 16
          const vector from = wide ? (vector)__builtin_ia32_vpermi2varps512(low, (mask)word[v], high)
                                   : (vector)__builtin_ia32_permvarsf512(low, (mask)word[v]);
#else
          vector from;
          UNROLL for (int l = 0; l < VL; l++) from[l] = inputs[word[v][l] & (uint32_t)(side - 1)];
#endif
          vector *sum = &sums[u % acting_chains][v];
          *sum = multiply_add(load(values + v * VL), from, *sum);
          word[v] >>= (words)((uint32_t)bits);
        }
        values += acting_rows;
      }
    }
  }
}

/// x[columns[0 ..< VL]].
INLINE vector acting_inputs(const float *x, const uint16_t *columns) {
#if VL == 16
  return gathered(x, short_indices(columns, VL));
#else
  vector from;
  UNROLL for (int l = 0; l < VL; l++) from[l] = x[columns[l]];
  return from;
#endif
}

/// Adds a strip's connections, each with the number of its input.
INLINE void acting_lists(const struct espalier_acting *a, int64_t strip, const float *values, const float *x,
                         vector sums[acting_chains][acting_vectors]) {
  int64_t k = a->starts[strip];
  const int64_t end = a->starts[strip + 1];
#define SLOT(k, u)                                                                                            \
  UNROLL for (int v = 0; v < acting_vectors; v++) {                                                           \
    const int64_t at = ((k) + (u)) * acting_rows + v * VL;                                                    \
    sums[u][v] = multiply_add(load(values + at), acting_inputs(x, a->inputs + at), sums[u][v]);               \
  }
  for (; k + acting_chains <= end; k += acting_chains) {
    UNROLL for (int u = 0; u < acting_chains; u++) SLOT(k, u);
  }
  for (; k < end; k++) SLOT(k, 0);
#undef SLOT
}

#if VL == 16
enum {
  acting_samples = 8,
  /// Inputs and strips that go through together: 32 KiB each of inputs and of sums, on the stack.
  few_inputs = 1024,
  few_strips = 64,
};

/// Adds some panels of a strip for `samples` samples, whose inputs lie `few_inputs` apart; `known` as in acting_panels.
INLINE void few_panels(const int wide, const int known, const int samples, const struct espalier_acting *a,
                       const uint32_t *packed, const float *values, int64_t panels, const float *x, vector *totals) {
  const int side = wide ? 32 : 16;
  const int bits = wide ? 8 : 4;
  const int most = 32 / bits;
  const int chains = samples == 8 ? 1 : 2;
  const int64_t slots = known ? known : a->slots;
  vector sums[2][acting_samples];
  UNROLL for (int b = 0; b < samples; b++) {
    sums[0][b] = totals[b];
    sums[1][b] = splat(0);
  }
  for (int64_t panel = 0; panel < panels; panel++) {
    vector low[acting_samples], high[acting_samples];
    UNROLL for (int b = 0; b < samples; b++) {
      low[b] = load(x + b * few_inputs);
      if (wide) high[b] = load(x + b * few_inputs + VL);
    }
    x += side;
    for (int64_t done = 0; done < slots; done += most) {
      mask word = *(const mask *)packed;
      packed += acting_rows;
      const int64_t left = slots - done;
      UNROLL for (int u = 0; u < most; u++) {
        if (u < left) {
          const vector value = load(values + u * acting_rows);
          UNROLL for (int b = 0; b < samples; b++) {
            const vector from = wide ? (vector)__builtin_ia32_vpermi2varps512(low[b], word, high[b])
                                     : (vector)__builtin_ia32_permvarsf512(low[b], word);
            vector *sum = &sums[u % chains][b];
            *sum = multiply_add(value, from, *sum);
          }
        }
        word = (mask)((words)word >> (words)((uint32_t)bits));
      }
      values += (left < most ? left : most) * acting_rows;
    }
  }
  UNROLL for (int b = 0; b < samples; b++) totals[b] = chains == 2 ? sums[0][b] + sums[1][b] : sums[0][b];
}

/// Adds `panels` panels from the `from`th on of each strip strip0 ..< strip1 to its sums, [strips][acting_samples].
INLINE void few_strips_forward(const int samples, const struct espalier_acting *a, int64_t strip0, int64_t strip1,
                               int64_t from, int64_t panels, const float *values, const float *x, vector *sums) {
  const int64_t most = a->panel == 16 ? 8 : 4;
  const int64_t all = (a->columns + a->panel - 1) / a->panel;
  const int64_t words_each = (a->slots + most - 1) / most * acting_rows;
  const int64_t values_each = a->slots * acting_rows;
  for (int64_t strip = strip0; strip < strip1; strip++, sums += acting_samples) {
    const uint32_t *packed = a->words + (strip * all + from) * words_each;
    const float *weights = values + (strip * all + from) * values_each;
    if (a->panel == 16) {
      switch (a->slots) {
        case 2: few_panels(0, 2, samples, a, packed, weights, panels, x, sums); break;
        case 4: few_panels(0, 4, samples, a, packed, weights, panels, x, sums); break;
        case 8: few_panels(0, 8, samples, a, packed, weights, panels, x, sums); break;
        default: few_panels(0, 0, samples, a, packed, weights, panels, x, sums);
      }
    } else if (a->slots == 8) {
      few_panels(1, 8, samples, a, packed, weights, panels, x, sums);
    } else {
      few_panels(1, 0, samples, a, packed, weights, panels, x, sums);
    }
  }
}

static void acting_few(const struct espalier_acting *a, int64_t strip0, int64_t strip1, const float *values,
                               const float *bias, const float *x, int64_t samples, int rectify, float *y) {
  static const int64_t sample_rows[acting_samples] = {0, 1, 2, 3, 4, 5, 6, 7};
  float inputs[acting_samples * few_inputs] __attribute__((aligned(64)));
  vector sums[few_strips][acting_samples];
  const int64_t together = samples <= 2 ? 2 : samples <= 4 ? 4 : acting_samples;
  for (int64_t group = strip0; group < strip1; group += few_strips) {
    const int64_t end = group + few_strips < strip1 ? group + few_strips : strip1;
    for (int64_t strip = group; strip < end; strip++) {
      const int64_t row = strip * acting_rows;
      const vector begin = bias ? load_some(bias + row, a->rows - row) : splat(0);
      for (int b = 0; b < together; b++) sums[strip - group][b] = begin;
    }
    for (int64_t first = 0; first < a->columns; first += few_inputs) {
      const int64_t here = a->columns - first < few_inputs ? a->columns - first : few_inputs;
      const int64_t panels = (here + a->panel - 1) / a->panel;
      const int64_t from = first / a->panel;
      samples_apart(here, together, acting_rows, x + first * acting_rows, few_inputs, inputs);
      for (int b = 0; b < together; b++) {
        for (int64_t j = here; j < panels * a->panel; j++) inputs[b * few_inputs + j] = 0;
      }
      if (together == 2) few_strips_forward(2, a, group, end, from, panels, values, inputs, &sums[0][0]);
      else if (together == 4) few_strips_forward(4, a, group, end, from, panels, values, inputs, &sums[0][0]);
      else few_strips_forward(8, a, group, end, from, panels, values, inputs, &sums[0][0]);
    }
    for (int64_t strip = group; strip < end; strip++) {
      const int64_t row = strip * acting_rows;
      const int64_t left = a->rows - row < acting_rows ? a->rows - row : acting_rows;
      for (int b = 0; b < samples; b++) {
        const vector sum = sums[strip - group][b];
        store_some(inputs + b * left, left, rectify ? rectified(sum) : sum);
      }
      gather(left, samples, acting_rows, inputs, sample_rows, y + row * acting_rows);
    }
  }
}
#else
#define acting_few 0
#endif

static void acting_forward(const struct espalier_acting *a, int64_t strip0, int64_t strip1, const float *values,
                           const float *bias, const float *x, int rectify, float *y) {
  for (int64_t strip = strip0; strip < strip1; strip++) {
    vector sums[acting_chains][acting_vectors];
    UNROLL for (int u = 0; u < acting_chains; u++) {
      UNROLL for (int v = 0; v < acting_vectors; v++) sums[u][v] = splat(0);
    }
    if (a->panel == 16) {
      switch (a->slots) {
        case 2: acting_panels(0, 2, a, strip, values, x, sums); break;
        case 4: acting_panels(0, 4, a, strip, values, x, sums); break;
        case 8: acting_panels(0, 8, a, strip, values, x, sums); break;
        default: acting_panels(0, 0, a, strip, values, x, sums);
      }
    } else if (a->panel == 32) {
      if (a->slots == 8) acting_panels(1, 8, a, strip, values, x, sums);
      else acting_panels(1, 0, a, strip, values, x, sums);
    } else {
      acting_lists(a, strip, values, x, sums);
    }
    UNROLL for (int v = 0; v < acting_vectors; v++) {
      const int64_t row = strip * acting_rows + v * VL;
      const int64_t left = a->rows - row;
      vector sum = sums[0][v];
      if (acting_chains == 4) {
        sum = (sum + sums[2 % acting_chains][v]) + (sums[1 % acting_chains][v] + sums[3 % acting_chains][v]);
      }
      if (left > 0) {
        if (bias) sum += load_some(bias + row, left);
        store_some(y + row, left, rectify ? rectified(sum) : sum);
      }
    }
  }
}
