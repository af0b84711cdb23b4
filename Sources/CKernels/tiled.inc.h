// SPDX-License-Identifier: Apache-2.0
// Espalier: sparse layers cut into tiles with 16-bit local indices.

/// Fetches the row of the next entry: entries are sorted by length, so that no processor can guess it.
INLINE void fetch_rows(const int vectors, const float *row) {
  UNROLL for (int v = 0; v < vectors * VL; v += 16) __builtin_prefetch(row + v, 0, 3);
}

// ---- forward ------------------------------------------------------------------------------------------------------

INLINE void tiled_forward_tile(const int vectors, const int narrow, const int mapped, const struct espalier_tiled *t,
                               int64_t tile, int is_first, int is_last, const float *values, const float *bias, const float *x,
                               int64_t lanes, int rectify, float *y) {
  const int64_t start = t->starts[tile];
  const uint16_t *columns = t->columns + start;
  const uint32_t *map = t->map + start;
  values += start;
  const float *own = values;
  for (int64_t e = t->row_entries[tile]; e < t->row_entries[tile + 1]; e++) {
    const int64_t row = t->entry_rows[e];
    const int64_t count = t->row_counts[e];
    float *to = y + row * lanes;
    fetch_rows(vectors, y + t->entry_rows[e + 1] * lanes);
    vector sums[most_vectors];
    const vector begin = splat(is_first && bias ? bias[row] : 0);
    UNROLL for (int v = 0; v < vectors; v++) sums[v] = is_first ? begin : load(to + v * VL);
#define COLUMN(k) columns[k]
#define VALUE(k) (mapped ? values[map[k]] : own[k])
    FORWARD_RUN(vectors, narrow, count, x, narrow ? lanes / 2 : lanes, sums, COLUMN, VALUE);
#undef VALUE
#undef COLUMN
    if (is_last && rectify) {
      UNROLL for (int v = 0; v < vectors; v++) sums[v] = rectified(sums[v]);
    }
    UNROLL for (int v = 0; v < vectors; v++) store(to + v * VL, sums[v]);
    columns += count;
    map += count;
    own += count;
  }
}

/// Four rows at a time, so that their sums over the lanes take one tree.
INLINE void tiled_forward_lane(const int mapped, const struct espalier_tiled *t, int64_t tile, int is_first,
                               int is_last, const float *values, const float *bias, const float *x, int rectify,
                               float *y) {
  const int64_t start = t->starts[tile];
  const uint16_t *columns = t->columns + start;
  const uint32_t *map = t->map + start;
  const float *own = values + start;
  values += start;
  const int64_t last = t->row_entries[tile + 1];
  for (int64_t e = t->row_entries[tile]; e < last; e += 4) {
    vector sums[4] = {splat(0), splat(0), splat(0), splat(0)};
    const int64_t rows = last - e < 4 ? last - e : 4;
    for (int64_t u = 0; u < rows; u++) {
      const int64_t count = t->row_counts[e + u];
      vector sum = splat(0);
#define INDICES(k, left) short_indices(columns + (k), left)
#define INDEX(k) columns[k]
#define VALUE(k) (mapped ? values[map[k]] : own[k])
#define VALUES(k, left) \
  (mapped ? gathered_some(values, map + (k), left) : load_some(own + (k), left))
      LANE_RUN(count, x, sum, INDICES, INDEX, VALUES, VALUE);
#undef VALUES
#undef VALUE
#undef INDEX
#undef INDICES
      sums[u] = sum;
      columns += count;
      map += count;
      own += count;
    }
    const quad totals = sums_of_four(sums[0], sums[1], sums[2], sums[3]);
    for (int64_t u = 0; u < rows; u++) {
      const int64_t row = t->entry_rows[e + u];
      float total = totals[u] + (is_first ? bias ? bias[row] : 0 : y[row]);
      y[row] = is_last && rectify && total < 0 ? 0 : total;
    }
  }
}

static void tiled_forward(const struct espalier_tiled *t, int64_t down0, int64_t down1, const float *values,
                          int mapped, const float *bias, const float *x, int64_t lanes, int narrow, int rectify,
                          float *y) {
  const int64_t stride = narrow ? lanes / 2 : lanes;
  for (int64_t down = down0; down < down1; down++) {
    const float *tile_bias = bias ? bias + down * t->tile_rows : 0;
    float *to = y + down * t->tile_rows * lanes;
    for (int64_t across = 0; across < t->tiles_across; across++) {
      const int64_t tile = down * t->tiles_across + across;
      const int is_first = across == 0;
      const int is_last = across + 1 == t->tiles_across;
      const float *from = x + across * t->tile_columns * stride;
      if (lanes == 1) {
        if (mapped) {
          tiled_forward_lane(1, t, tile, is_first, is_last, values, tile_bias, from, rectify, to);
        } else {
          tiled_forward_lane(0, t, tile, is_first, is_last, values, tile_bias, from, rectify, to);
        }
        continue;
      }
#define TILE(vectors, narrow, mapped)                                                                               \
  tiled_forward_tile(vectors, narrow, mapped, t, tile, is_first, is_last, values, tile_bias,                       \
                     from + (narrow ? l / 2 : l), lanes, rectify, to + l)
#define PASS(vectors)                                                     \
  if (narrow && vectors > 1) {                                            \
    if (mapped) TILE(vectors, 1, 1); else TILE(vectors, 1, 0);            \
  } else {                                                                \
    if (mapped) TILE(vectors, 0, 1); else TILE(vectors, 0, 0);            \
  }
      FOR_EACH_PASS(l, lanes, PASS)
#undef PASS
#undef TILE
    }
  }
}

// ---- backward -----------------------------------------------------------------------------------------------------

INLINE void tiled_backward_tile(const int vectors, const int narrow, const int wants_dx, const int fused,
                                const struct espalier_tiled *t, int64_t tile, int is_first, int is_last, float *values, const float *x,
                                const float *dy, int64_t lanes, int mask_dx, float *dx, float *gradient, int add,
                                const struct espalier_fused_step *step) {
  int64_t k0 = t->starts[tile];
  for (int64_t e = t->column_entries[tile]; e < t->column_entries[tile + 1]; e++) {
    const int64_t column = t->entry_columns[e];
    const int64_t count = t->column_counts[e];
    fetch_rows(vectors, x + t->entry_columns[e + 1] * lanes);
    if (wants_dx) fetch_rows(vectors, dx + t->entry_columns[e + 1] * lanes);
    vector input[most_vectors], sums[most_vectors];
    UNROLL for (int v = 0; v < vectors; v++) input[v] = load(x + column * lanes + v * VL);
    if (wants_dx) {
      UNROLL for (int v = 0; v < vectors; v++) sums[v] = is_first ? splat(0) : load(dx + column * lanes + v * VL);
    }
#define ROW(k) t->rows[k]
    BACKWARD_RUN(vectors, narrow, wants_dx, fused, k0, count, dy, narrow ? lanes / 2 : lanes, input, sums, values,
                 gradient, add, step, ROW);
#undef ROW
    if (wants_dx) {
      if (is_last && mask_dx) {
        UNROLL for (int v = 0; v < vectors; v++) sums[v] = choose(input[v] > splat(0), sums[v], splat(0));
      }
      UNROLL for (int v = 0; v < vectors; v++) store(dx + column * lanes + v * VL, sums[v]);
    }
    k0 += count;
  }
}

INLINE void tiled_backward_lane(const int fused, const struct espalier_tiled *t, int64_t tile, int is_first,
                                int is_last, float *values, const float *x, const float *dy, int mask_dx, float *dx,
                                float *gradient, int add, const struct espalier_fused_step *step) {
  int64_t k0 = t->starts[tile];
  for (int64_t e = t->column_entries[tile]; e < t->column_entries[tile + 1]; e++) {
    const int64_t column = t->entry_columns[e];
    const int64_t end = k0 + t->column_counts[e];
    vector sum = splat(0);
    const float input = x[column];
    for (int64_t k = k0; k < end; k += VL) {
      const int64_t left = end - k;
#define ROW(k) t->rows[k]
#define ROWS(k, left) short_indices(t->rows + (k), left)
      BACKWARD_LANES(fused, k, left, dy, input, sum, values, gradient, add, step, ROWS, ROW);
#undef ROWS
#undef ROW
    }
    if (dx) {
      const float total = sums_of_four(sum, sum, sum, sum)[0] + (is_first ? 0 : dx[column]);
      dx[column] = is_last && mask_dx && !(input > 0) ? 0 : total;
    }
    k0 = end;
  }
}

static void tiled_backward(const struct espalier_tiled *t, int64_t across0, int64_t across1, float *values,
                           const float *x, const float *dy, int64_t lanes, int narrow, int mask_dx, float *dx,
                           float *gradient, int accumulate, const struct espalier_fused_step *step) {
  const int64_t stride = narrow ? lanes / 2 : lanes;
  for (int64_t across = across0; across < across1; across++) {
    const float *from = x + across * t->tile_columns * lanes;
    float *to = dx ? dx + across * t->tile_columns * lanes : 0;
    for (int64_t down = 0; down < t->tiles_down; down++) {
      const int64_t tile = down * t->tiles_across + across;
      const int is_first = down == 0;
      const int is_last = down + 1 == t->tiles_down;
      const float *dy_tile = dy + down * t->tile_rows * stride;
      if (lanes == 1) {
        if (step) {
          tiled_backward_lane(1, t, tile, is_first, is_last, values, from, dy_tile, mask_dx, to, 0, 0, step);
        } else if (gradient) {
          tiled_backward_lane(0, t, tile, is_first, is_last, values, from, dy_tile, mask_dx, to, gradient, accumulate,
                              0);
        } else {
          tiled_backward_lane(only_dx, t, tile, is_first, is_last, values, from, dy_tile, mask_dx, to, 0, 0, 0);
        }
        continue;
      }
#define TILE(vectors, narrow, wants_dx, fused)                                                                     \
  tiled_backward_tile(vectors, narrow, wants_dx, fused, t, tile, is_first, is_last, values, from + l,              \
                      dy_tile + (narrow ? l / 2 : l), lanes, mask_dx, wants_dx ? to + l : 0, gradient,             \
                      accumulate || l > 0, step)
#define PASS(vectors) BACKWARD_PASS(TILE, vectors);
      FOR_EACH_PASS(l, lanes, PASS)
#undef PASS
#undef TILE
    }
  }
}
