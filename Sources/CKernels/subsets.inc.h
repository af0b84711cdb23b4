// SPDX-License-Identifier: Apache-2.0
// Espalier: the cheapest partition of every set, 512 sets at a time.
//
// A set's lowest elements are lanes of a vector, the next ones blocks of 64 sets, the next ones tiles of 512. A block T is
// joined with the rest S \ T: best[S] = min over T of costs[T] + least[S \ T]. Inside a vector the lanes of S \ T are those of S
// with T's bits off; in place of turning the lanes round for each T, every T has its own sums over the lanes of S \ T, and
// they are brought together when the tile is done. Lanes in which the two overlap are computed and thrown away.

enum {
  subset_lanes = VL == 16 ? 8 : 4,
  subset_rows = espalier_subset_block / subset_lanes,
  subset_blocks = espalier_subset_tile / espalier_subset_block,
};

typedef double subset_vector __attribute__((ext_vector_type(VL == 16 ? 8 : 4), aligned(8)));

/// sums[row][t] over the lanes of the rest = min(sums, costs[T] + least[rest]) for all T and rests of two blocks of 64 sets.
static void subset_join(subset_vector *sums, const double *costs, const double *least) {
  UNROLL for (int row = 0; row < subset_rows; row++) {
    subset_vector held[subset_lanes];
    UNROLL for (int t = 0; t < subset_lanes; t++) held[t] = sums[row * subset_lanes + t];
    UNROLL for (int part = 0; part < subset_rows; part++) {
      if ((part & row) != part) continue;
      const subset_vector rest = *(const subset_vector *)(least + (row ^ part) * subset_lanes);
      UNROLL for (int t = 0; t < subset_lanes; t++) {
        const subset_vector sum = (subset_vector)(costs[part * subset_lanes + t]) + rest;
        held[t] = sum < held[t] ? sum : held[t];
      }
    }
    UNROLL for (int t = 0; t < subset_lanes; t++) sums[row * subset_lanes + t] = held[t];
  }
}

static void subset_tile(const double *costs, int64_t tile, double *best) {
  subset_vector sums[espalier_subset_tile];
  double least[espalier_subset_tile];
  for (int k = 0; k < espalier_subset_tile; k++) sums[k] = (subset_vector)(__builtin_inf());
  int64_t top = 1;
  while (top * 2 <= tile) top *= 2;
  const int64_t below = tile ^ top;
  int64_t rest = below;
  for (;;) {
    const double *from = costs + (tile ^ rest) * espalier_subset_tile;
    const double *other = costs + rest * espalier_subset_tile, *split = best + rest * espalier_subset_tile;
    for (int k = 0; k < espalier_subset_tile; k++) least[k] = other[k] < split[k] ? other[k] : split[k];
    if (rest == 0) least[0] = __builtin_inf();
    for (int s = 0; s < subset_blocks; s++) {
      for (int t = s;; t = (t - 1) & s) {
        subset_join(sums + s * espalier_subset_block, from + t * espalier_subset_block,
                    least + (s ^ t) * espalier_subset_block);
        if (t == 0) break;
      }
    }
    if (rest == 0) break;
    rest = (rest - 1) & below;
  }
  double *to = best + tile * espalier_subset_tile;
  for (int k = 0; k < espalier_subset_tile; k++) {
    const int lane = k % subset_lanes;
    double lowest = __builtin_inf();
    for (int t = lane;; t = (t - 1) & lane) {
      const double sum = sums[k - lane + t][lane ^ t];
      if (sum < lowest) lowest = sum;
      if (t == 0) break;
    }
    to[k] = lowest;
  }
}
