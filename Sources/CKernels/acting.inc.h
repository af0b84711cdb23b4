// SPDX-License-Identifier: Apache-2.0
// Espalier: one sample through a sparse layer whose weights lie sixteen outputs side by side, for acting networks.
//
// A vector holds sixteen outputs, so that no sum over lanes is needed. With panels, 16 or 32 inputs stay in registers
// while all their connections pick from them: a word carries eight places of 4 bits, or four of 8.

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
