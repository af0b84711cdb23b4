// SPDX-License-Identifier: Apache-2.0
// Espalier: the hot loops, behind one table of functions.
//
// Layout. A block of activations is [features][lanes] floats, lanes = 1 (one sample alone), 16, 32 or 64, on a 64-byte
// boundary. Connections
// are compressed sparse rows (row_starts: int64, columns: uint32) or their input-major order (column_starts, row_indices,
// and positions into the row-major values). All kernels work on one block and on a range of rows or columns, allocate
// nothing, keep no state, and may run at the same time on ranges that do not overlap. Unless a comment says otherwise,
// outputs must not alias inputs.
//
// Repeatability. A kernel gives the same bytes for the same arguments on one instruction set; between instruction sets
// sums round differently.

#ifndef ESPALIER_CKERNELS_H
#define ESPALIER_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Pointers may be NULL only where `_Nullable` says so.
#pragma clang assume_nonnull begin

/// Elementwise activation functions; `a` is the slope or the sign-carrying slope where one is needed.
enum espalier_activation {
  espalier_relu = 0,        // max(x, 0)
  espalier_leaky_relu = 1,  // x > 0 ? x : a x
  espalier_tanh = 2,
  espalier_sigmoid = 3,
  espalier_gelu = 4,        // x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
};

/// The shape of a windowed layer. Neuron i chooses its inputs from `window` of them, around the place
/// (2 i + 1) columns / (2 rows) and never past an end.
struct espalier_windows {
  int64_t rows;     // neurons, at least 1, below 2^31
  int64_t columns;  // inputs, at least `window`, below 2^31
  int64_t fan_in;   // connections of each neuron, 1 to 16, at most `window`
  int64_t window;   // at most 65,536
};

/// A step of plain gradient descent, taken while the gradient is at hand: w -= rate * (g * gradient_scale + decay * w).
struct espalier_step {
  float rate;
  float decay;
  float gradient_scale;
};

/// A sparse layer cut into tiles. Tile q = down * tiles_across + across has the connections starts[q] ..< starts[q + 1],
/// stored input by input; rows and columns are counted from the tile's corner.
///
/// Every index array may be read 16 elements past its end.
struct espalier_tiled {
  int64_t tile_rows, tile_columns, tiles_down, tiles_across;
  /// [tiles + 1]
  const int64_t *starts;
  /// Row r of a tile's forward order is entry_rows[e], with row_counts[e] connections, for e in
  /// row_entries[q] ..< row_entries[q + 1]. The first and the last tile of a row of tiles list all rows.
  const int64_t *row_entries;
  const uint16_t *entry_rows;
  const uint16_t *row_counts;
  /// In forward order, the column of each connection, and its place within the tile as stored.
  const uint16_t *columns;
  const uint32_t *map;
  /// As the rows' entries, for the columns, in the order stored. The first and the last tile of a column of tiles list
  /// all columns.
  const int64_t *column_entries;
  const uint16_t *entry_columns;
  const uint16_t *column_counts;
  /// The row of each connection, as stored.
  const uint16_t *rows;
};

/// A sparse layer cut into tiles of which most have equally many connections in each row, and often in each column:
/// N:M and transposable N:M. Tile q = down * tiles_across + across has the connections starts[q] ..< starts[q + 1],
/// stored input by input; rows and columns are counted from the tile's corner. The last tiles down and across may be
/// smaller.
///
/// Every index array may be read 16 elements past its end.
struct espalier_grouped {
  int64_t rows, columns;
  /// At most 256 and 512.
  int64_t tile_rows, tile_columns, tiles_down, tiles_across;
  /// Connections of a column of a tile are fewer than or as many as 1 << shift.
  int64_t shift;
  /// [tiles + 1]
  const int64_t *starts;
  /// The connections of each row of a tile; 0xffff where they differ: lists[row_lists[q] + row] has them then.
  const uint16_t *row_counts;
  const int64_t *row_lists;
  /// 1 << shift where each column of a tile has so many; else 0xffff, and the connections of a column begin at
  /// lists[column_lists[q] + column], up to the next; one more entry ends the last.
  const uint16_t *column_counts;
  const int64_t *column_lists;
  const uint16_t *lists;
  /// Row by row: column << shift | rank of the connection within its column; its place within the tile where all
  /// columns have 1 << shift.
  const uint16_t *indices;
  /// The row of each connection, as stored.
  const uint8_t *local_rows;
};

/// A sparse layer as plain lists: by rows for the forward pass; stored column by column.
struct espalier_listed {
  const int64_t *row_starts;
  const uint32_t *columns;
  const int64_t *column_starts;
  const uint32_t *rows;
  /// Where the value of each connection of the row lists is stored: column_starts[column] + slots[k], or positions[k];
  /// one of the two is NULL.
  const uint16_t *_Nullable slots;
  const uint32_t *_Nullable positions;
};

/// A sparse layer for one sample at a time: strips of 16 outputs side by side, each with as many slots as the longest of
/// its rows needs. A slot without a connection has value 0 and points to an input that exists.
///
/// The inputs are cut into panels of 16 or 32, each with `slots` slots in every row, in the order [strips][panels][slots]
/// [16]; or, where `panel` is 0, strip s has the slots starts[s] ..< starts[s + 1] and each names its input.
struct espalier_acting {
  int64_t rows, columns;
  int64_t panel;  // 16, 32 or 0
  int64_t slots;
  /// [strips][panels][words][16]: a slot's place within its panel, the first slot lowest: eight places of 4 bits in a
  /// word for panels of 16, four of 8 bits for 32; a panel's first slot begins a word.
  const uint32_t *words;
  /// [strips + 1]
  const int64_t *starts;
  /// [slots of all strips][16]
  const uint16_t *inputs;
};

/// A step of gradient descent taken in the backward pass; see `sgd`.
struct espalier_fused_step {
  float gradient_scale, rate, momentum, decay;
  int nesterov;
  /// As stored; NULL without momentum.
  float *_Nullable momentum_values;
};

/// Connections used at many places of an input: the weights of a convolution at its positions, those of a recurrent layer
/// at its time steps. The window of place p begins at row p / across * line_stride + p % across * stride of x, and
/// connection k of the place reads offsets[k] rows further on; row r of the place is row p * rows + r of y.
struct espalier_shared {
  int64_t rows;         // outputs at each place
  int64_t across;       // places in a line
  int64_t line_stride;  // rows of x between the windows of two lines
  int64_t stride;       // rows of x between the windows of two places of a line
  const int64_t *row_starts;
  const uint32_t *offsets;
};

/// Windows that a pooling layer walks over a map of cells, `width` = channels x lanes floats each.
struct espalier_pool {
  int64_t width;
  int64_t input_across;  // cells in a line of the input
  int64_t across;        // places in a line of the output
  int64_t window_down, window_across;
  int64_t stride_down, stride_across;
};

/// A rectangle of scores in which some cells are kept: a tile of a transposable N:M mask, or rows of plain N:M.
struct espalier_tile {
  int64_t rows, columns;         // of a tile each from 1 to 64
  int64_t stride;                // floats from one row of scores to the next
  int64_t row_cap, column_cap;   // the most that a row and a column keep; from 1 to columns, and 1 to rows
  int at_most;                   // 1: rows and columns may keep fewer; 0: exactly their caps, which must agree
  int magnitudes;                // 1: the scores are the absolute values
};

/// The sets of a tile and of a block of a tile in `subset_tile`.
enum { espalier_subset_tile = 512, espalier_subset_block = 64 };

/// The bytes of scratch memory, on a 64-byte boundary, that `mask_tile` and `mask_greedy` need.
enum { espalier_mask_scratch = 2 * 64 * 64 * 8 };

struct espalier_kernels {
  /// "portable", "avx2", "avx512" or "neon".
  const char *name;

  // ---- sparse layers ------------------------------------------------------------------------------------------

  /// Floats in a vector.
  int64_t vector_lanes;

  // `lanes` is 1, 16, 32 or 64; activations are [features][lanes], 64-byte aligned but for one lane; x, y, dx, dy and the
  // values overlap nowhere. Costs are for each stored connection and block. Where `narrow` is not 0, x (forward) or dy
  // (backward) points to the words that `narrow_rows` wrote; lanes must be a multiple of 2 vector_lanes then.

  /// Rounds rows of `lanes` floats to bfloat16, two values a word, in an order of the kernels' own; lanes / 2 words a row.
  void (*narrow_rows)(int64_t rows, int64_t lanes, const float *x, uint32_t *to);

  /// y[i] = bias[i] + sum over row i of value * x[column] for the rows of tiles down0 ..< down1 (bias may be NULL), with
  /// negative results made 0 when `rectify`. `values` is in forward order, or, when `mapped`, as stored.
  /// Reads lanes + 1 floats and 2 bytes (6 when mapped).
  void (*tiled_forward)(const struct espalier_tiled *t, int64_t down0, int64_t down1, const float *values, int mapped,
                        const float *_Nullable bias, const float *x, int64_t lanes, int narrow, int rectify, float *y);

  /// For the inputs of tiles across0 ..< across1: dx[j] = sum of value * dy[row] (skipped when dx is NULL; made 0 where
  /// x[j] > 0 does not hold when `mask_dx`), and gradient[k] = x[j] . dy[row] over the lanes, as stored, added to what
  /// is there when `accumulate`. With a `step` the values change at once and `gradient` may be NULL; that needs lanes
  /// <= 8 vector_lanes. Without both, dx alone is made. Reads lanes + 1 floats and 2 bytes, writes 1 float (reads 2 and writes 2 with a step).
  void (*tiled_backward)(const struct espalier_tiled *t, int64_t across0, int64_t across1, float *values,
                         const float *x, const float *dy, int64_t lanes, int narrow, int mask_dx, float *_Nullable dx,
                         float *_Nullable gradient, int accumulate, const struct espalier_fused_step *_Nullable step);

  /// As tiled_forward, for `blocks` blocks of x and y that follow one another, and with values always as stored. Blocks
  /// of 64 lanes are taken two by two where a vector has 16 floats. Reads lanes + 1 floats and 2 bytes.
  void (*grouped_forward)(const struct espalier_grouped *g, int64_t down0, int64_t down1, const float *values,
                          const float *_Nullable bias, const float *x, int64_t lanes, int64_t blocks, int narrow,
                          int rectify, float *y);

  /// As tiled_backward, for `blocks` blocks that follow one another; with a `step` for one. Reads lanes + 1 floats and
  /// 1 byte.
  void (*grouped_backward)(const struct espalier_grouped *g, int64_t across0, int64_t across1, float *values,
                           const float *x, const float *dy, int64_t lanes, int64_t blocks, int narrow, int mask_dx,
                           float *_Nullable dx, float *_Nullable gradient, int accumulate,
                           const struct espalier_fused_step *_Nullable step);

  /// As tiled_forward for rows r0 ..< r1; rows of x are fetched `ahead` connections early, 0 for none.
  /// Reads lanes + 1 floats and 6 or 8 bytes.
  void (*listed_forward)(const struct espalier_listed *t, int64_t r0, int64_t r1, const float *values,
                         const float *_Nullable bias, const float *x, int64_t lanes, int narrow, int64_t ahead, int rectify,
                         float *y);

  /// As tiled_backward for inputs c0 ..< c1; rows of dy are fetched `ahead` connections early, 0 for none.
  void (*listed_backward)(const struct espalier_listed *t, int64_t c0, int64_t c1, float *values, const float *x,
                          const float *dy, int64_t lanes, int narrow, int64_t ahead, int mask_dx, float *_Nullable dx,
                          float *_Nullable gradient, int accumulate,
                          const struct espalier_fused_step *_Nullable step);

  /// y[i] = bias[i] + sum of value * x[input] of one lane, for the rows of strips strip0 ..< strip1; `values` lie as the
  /// slots. Reads 1 float and 4, 8 or 16 bits for each slot, and a panel's inputs once a strip.
  void (*acting_forward)(const struct espalier_acting *a, int64_t strip0, int64_t strip1, const float *values,
                         const float *_Nullable bias, const float *x, int rectify, float *y);

  /// As acting_forward for 2 to 8 samples of a block of 16 lanes; the lanes of y past the last sample become 0. Only for
  /// orders with panels; NULL where these kernels have none, because the other ones are faster.
  void (*_Nullable acting_forward_few)(const struct espalier_acting *a, int64_t strip0, int64_t strip1,
                                       const float *values, const float *_Nullable bias, const float *x, int64_t samples,
                                       int rectify, float *y);

  /// dvalues[k] = x[column] . dy[i] for the connections of rows r0 ..< r1 (added when accumulate is not 0).
  /// Also scores candidate connections: any sorted list in row form will do.
  void (*sparse_weight_gradient)(int64_t r0, int64_t r1, const int64_t *row_starts, const uint32_t *columns,
                                 const float *x, const float *dy, int64_t lanes, float *dvalues, int accumulate);

  // ---- windowed layers: [rows][fan_in] offsets and values ----------------------------------------------------------

  /// y[i] = bias[i] + sum over u of value[i][u] * x[window start of i + offset[i][u]], for rows r0 ..< r1 of one block.
  void (*windowed_forward)(const struct espalier_windows *shape, int64_t r0, int64_t r1, const uint16_t *offsets,
                           const float *values, const float *_Nullable bias, const float *x, int64_t lanes, float *y);

  /// For rows r0 ..< r1 and all `blocks`, which follow one another: dx[j] += value * dy[i] (unless dx is NULL; zeroed by
  /// the caller), and the gradient x[j] . dy[i] over all samples goes into the value by `step`, or without one into
  /// dvalues (added when accumulate is not 0), which may be NULL only with a step. Rows whose windows overlap must not be worked
  /// on at the same time.
  void (*windowed_backward)(const struct espalier_windows *shape, int64_t r0, int64_t r1, const uint16_t *offsets,
                            float *values, const float *x, const float *dy, int64_t lanes, int64_t blocks,
                            float *_Nullable dx, const struct espalier_step *_Nullable step, float *_Nullable dvalues,
                            int accumulate);

  // ---- connections used at many places; values and gradients in the order of the rows -----------------------------

  /// y[p][r] = bias[r] + sum over row r of value * x[window of p + offset], for places p0 ..< p1 and rows r0 ..< r1.
  /// Reads lanes + 1 floats and 4 bytes for each connection and place.
  void (*shared_forward)(const struct espalier_shared *t, int64_t p0, int64_t p1, int64_t r0, int64_t r1,
                         const float *values, const float *_Nullable bias, const float *x, int64_t lanes, float *y);

  /// dx[window of p + offset] += value * dy[p][r] for places p0 ..< p1 and rows r0 ..< r1, in this order, on the first
  /// `width` of the lanes that dy and dx point to: 16, 32 or 64, or 1 of 1. Windows overlap: share out lanes, not places.
  void (*shared_input_gradient)(const struct espalier_shared *t, int64_t p0, int64_t p1, int64_t r0, int64_t r1,
                                const float *values, const float *dy, int64_t lanes, int64_t width, float *dx);

  /// gradient[k] = sum over all places and lanes of x[window of p + offset] * dy[p][r] for the connections of rows
  /// r0 ..< r1 (added when accumulate is not 0). Any lists of offsets will do: candidates are scored by it too.
  void (*shared_weight_gradient)(const struct espalier_shared *t, int64_t places, int64_t r0, int64_t r1,
                                 const float *x, const float *dy, int64_t lanes, float *gradient, int accumulate);

  /// gradient[r] = sum over all places and lanes of dy[p][r] for rows r0 ..< r1 (added when accumulate is not 0).
  void (*shared_bias_gradient)(int64_t places, int64_t rows, int64_t r0, int64_t r1, const float *dy, int64_t lanes,
                               float *gradient, int accumulate);

  // ---- pooling over windows ----------------------------------------------------------------------------------------

  /// y[p] = the largest value of each channel and lane in the window of p, for places p0 ..< p1.
  void (*max_pool)(const struct espalier_pool *t, int64_t p0, int64_t p1, const float *x, float *y);
  /// y[p] = the mean of each channel and lane over the window.
  void (*average_pool)(const struct espalier_pool *t, int64_t p0, int64_t p1, const float *x, float *y);
  /// dx += dy at the first cell of each window that holds its largest value, for the floats j0 ..< j1 of a cell.
  void (*max_pool_gradient)(const struct espalier_pool *t, int64_t places, int64_t j0, int64_t j1, const float *x,
                            const float *y, const float *dy, float *dx);
  /// dx += dy / cells of a window, for the floats j0 ..< j1 of a cell.
  void (*average_pool_gradient)(const struct espalier_pool *t, int64_t places, int64_t j0, int64_t j1, const float *dy,
                                float *dx);

  // ---- recurrent cells: `count` values of every gate, gates `stride` floats apart -------------------------------------

  /// gates hold the sums for input, forget, candidate and output, and hold their functions afterwards; cell = forget *
  /// before + input * candidate (before NULL: 0), h = output * tanh(cell).
  void (*lstm_forward)(int64_t count, int64_t stride, float *gates, const float *_Nullable before, float *cell,
                       float *h);
  /// Turns the gates of lstm_forward into the gradients by their sums; dcell holds the gradient by the cell from later
  /// steps, and holds that by `before` afterwards.
  void (*lstm_backward)(int64_t count, int64_t stride, float *gates, const float *_Nullable before, const float *cell,
                        const float *dh, float *dcell);
  /// gates hold the sums for reset and update, and hold their functions afterwards; reset_state = reset * before.
  void (*gru_gates)(int64_t count, int64_t stride, float *gates, const float *before, float *reset_state);
  /// The third gate holds the candidate's sum, and its function afterwards; h = update * before + (1 - update) candidate.
  void (*gru_output)(int64_t count, int64_t stride, float *gates, const float *before, float *h);
  /// Turns update and candidate into the gradients by their sums; dbefore = update * dh.
  void (*gru_output_gradient)(int64_t count, int64_t stride, float *gates, const float *before, const float *dh,
                              float *dbefore);
  /// Turns reset into the gradient by its sum; dbefore += reset * dreset_state.
  void (*gru_reset_gradient)(int64_t count, float *reset, const float *before, const float *dreset_state,
                             float *dbefore);

  // ---- dense layers: weights row-major [outputs][inputs] ---------------------------------------------------------

  /// y[i] = bias[i] + sum_j w[i][j] x[j] for outputs r0 ..< r1.
  void (*dense_forward)(int64_t r0, int64_t r1, int64_t inputs, const float *w,
                        const float *_Nullable bias, const float *x, int64_t lanes, float *y);

  /// dx[j] = sum_i w[i][j] dy[i] for inputs c0 ..< c1.
  void (*dense_input_gradient)(int64_t c0, int64_t c1, int64_t outputs, int64_t inputs, const float *w,
                               const float *dy, int64_t lanes, float *dx);

  /// g[j - c0] = x[j] . dy_row over the lanes for inputs c0 ..< c1 (added when accumulate is not 0). One output row
  /// of a dense weight gradient; also the stream that gradient growth reads.
  void (*dense_gradient_row)(int64_t c0, int64_t c1, const float *x, const float *dy_row, int64_t lanes, float *g,
                             int accumulate);

  /// g[i] = sum over the lanes of dy[i] for rows r0 ..< r1 (added when accumulate is not 0): bias gradients.
  void (*row_sums)(int64_t r0, int64_t r1, const float *dy, int64_t lanes, float *g, int accumulate);

  // ---- elementwise, over `count` floats --------------------------------------------------------------------------

  /// y = f(x); y may be x.
  void (*activate)(int kind, float a, int64_t count, const float *x, float *y);

  /// dx = dy * f'; reads the output y for relu, leaky relu (a > 0), tanh and sigmoid, the input x for gelu.
  /// dx may be dy. x may be NULL where y is read and y may be NULL where x is read.
  void (*activate_gradient)(int kind, float a, int64_t count, const float *_Nullable x, const float *_Nullable y,
                            const float *dy, float *dx);

  /// y = x > 0 ? x : a x and its gradient read from the input: for slopes of any sign (All-ReLU).
  void (*leaky_gradient_from_input)(float a, int64_t count, const float *x, const float *dy, float *dx);

  /// Sum of squares in double precision, in a fixed order.
  double (*sum_of_squares)(int64_t count, const float *x);

  /// 1 when every float is finite, else 0.
  int (*all_finite)(int64_t count, const float *x);

  // ---- losses on one block: `samples` valid lanes, gradient scaled by `scale`, padded lanes of the gradient zero.
  // Each returns the sum of the loss over the valid samples. Gradient may be NULL (evaluation).

  /// Softmax cross-entropy with label smoothing s: z [classes][lanes], labels [samples].
  double (*softmax_cross_entropy)(int64_t classes, int64_t lanes, int64_t samples, const float *z,
                                  const int32_t *labels, float smoothing, float scale,
                                  float *_Nullable dz);
  /// Sum over outputs of (y - t)^2 / outputs.
  double (*squared_error)(int64_t outputs, int64_t lanes, int64_t samples, const float *y, const float *t,
                          float scale, float *_Nullable dy);
  /// Huber loss with threshold delta, mean over outputs.
  double (*huber)(int64_t outputs, int64_t lanes, int64_t samples, const float *y, const float *t, float delta,
                  float scale, float *_Nullable dy);
  /// Binary cross-entropy on logits, mean over outputs, targets in [0, 1].
  double (*binary_cross_entropy)(int64_t outputs, int64_t lanes, int64_t samples, const float *z, const float *t,
                                 float scale, float *_Nullable dz);

  // ---- optimizers, over `count` values; every one reads g * gradient_scale + decay * w as its gradient ------------------

  /// y += x.
  void (*add)(int64_t count, const float *x, float *y);

  /// m = momentum m + g;  w -= rate * (nesterov ? g + momentum m : m). With momentum 0, m may be NULL.
  void (*sgd)(int64_t count, float *w, float *_Nullable m, const float *g, float gradient_scale, float rate,
              float momentum, int nesterov, float decay);

  /// Adam with a clock per value: ages[k] is raised by one (it stops at `table_count - 1`), and the bias corrections
  /// are corrections[2 age] = 1 / (1 - beta1^age) and corrections[2 age + 1] = 1 / (1 - beta2^age).
  /// `decoupled` shrinks w by rate * decoupled first (AdamW). ages may be NULL: then `age`, counted from 1, serves
  /// all values.
  void (*adam)(int64_t count, float *w, float *m, float *v, uint16_t *_Nullable ages, int64_t age,
               const float *corrections, int64_t table_count, const float *g, float gradient_scale,
               float rate, float beta1, float beta2, float epsilon, float decay, float decoupled);

  /// v = alpha v + (1 - alpha) g^2;  w -= rate * g / (sqrt(v) + epsilon), through a momentum buffer when momentum > 0
  /// (m = momentum m + g / (sqrt(v) + epsilon); w -= rate m). With momentum 0, m may be NULL.
  void (*rmsprop)(int64_t count, float *w, float *v, float *_Nullable m, const float *g, float gradient_scale,
                  float rate, float alpha, float epsilon, float momentum, float decay);

  // ---- data --------------------------------------------------------------------------------------------------------

  /// Block of `samples` rows into lanes: y[f][l] = x[rows[l]][f] for l < samples, else 0. x is row-major
  /// [.][features].
  void (*gather)(int64_t features, int64_t samples, int64_t lanes, const float *x, const int64_t *rows, float *y);

  /// The other way: x[l][f] = y[f][l] for l < samples; x is row-major [samples][features].
  void (*scatter)(int64_t features, int64_t samples, int64_t lanes, const float *y, float *x);

  // ---- ceilings: what the machine can do at most, for benchmarks ------------------------------------------------------

  /// Multiply-adds out of registers, in `rounds` rounds; returns how many. `sink` takes a value that depends on all.
  int64_t (*probe_multiply_add)(int64_t rounds, float *sink);

  /// Reads `count` floats, a multiple of 128, in order; `sink` takes a sum.
  void (*probe_read)(int64_t count, const float *x, float *sink);

  /// Reads `count` rows, an even number, of `width` floats, a multiple of 32, in the order of `rows`; prefetches the
  /// rows `ahead` places further on into the second cache unless `ahead` is 0. `rows` has `count + ahead` entries.
  void (*probe_gather_rows)(int64_t count, const uint32_t *rows, int64_t width, int64_t ahead, const float *x,
                            float *sink);

  // ---- N:M masks; the same masks on every instruction set ------------------------------------------------------------

  /// The cells of a tile with the largest sum of scores, in masks[row], bit column; of several such masks one that
  /// depends on the scores alone. The scores are cut to 2^-26 of the largest one's power of two. Returns the number of
  /// exchanges of columns, or -1 when a score is not finite.
  ///
  /// prices[columns] become the columns' prices: with row prices u that lie between, scores are at least u + price where
  /// kept and at most that elsewhere, up to the cut; prices are 0 where a column has room. When `warm` and not at_most,
  /// they are also where the search begins.
  int64_t (*mask_tile)(const struct espalier_tile *t, const float *scores, double *prices, int warm, void *scratch,
                       uint64_t *masks);

  /// The best masks of all 4 x 4 tiles of some rows and columns, multiples of 4 both, exactly row_cap (1 to 3) in each row
  /// and column; the scores are cut as in `mask_tile`. Row i's bits begin at words[i * words_per_row], (columns + 63) / 64
  /// of them. Returns 0 when a score is not finite, else 1.
  int (*mask_fours)(const struct espalier_tile *t, const float *scores, uint64_t *words, int64_t words_per_row);

  /// The row_cap largest scores of every group of `side` (1 to 64) neighbours in a row, the first of equals; of a
  /// shorter last group as many as it has. Row i's bits begin at words[i * words_per_row], (columns + 63) / 64 of them.
  /// Returns 0 when a score is not finite, else 1. The tile may have any number of rows and columns.
  int (*mask_rows)(const struct espalier_tile *t, int64_t side, const float *scores, uint64_t *words,
                   int64_t words_per_row);

  /// A mask found greedily. Keeping (prunes is 0): from the largest score down, a cell is kept when its row and its column
  /// both may keep more. Pruning: from the smallest up, a cell is pruned when its row or its column has not lost enough.
  /// Returns 0 when a score is not finite, else 1.
  int (*mask_greedy)(const struct espalier_tile *t, const float *scores, int prunes, void *scratch, uint64_t *masks);

  // ---- partitions of sets; the same numbers on every instruction set -------------------------------------------------

  /// best[S] for the 512 sets S of a tile other than the first, S = 512 tile + k: the least sum of costs over the partitions
  /// of S into two blocks or more, infinity for one element. Sets are bit masks; costs[S] is that of S as a block; best
  /// must hold those of all tiles whose bits are a proper part of this one's, the first among them.
  void (*subset_tile)(const double *costs, int64_t tile, double *best);
};

/// The kernels for this processor, chosen once; ESPALIER_KERNELS=portable|avx2|avx512|neon forces one (a name that
/// this processor cannot run falls back to the best it can).
const struct espalier_kernels *espalier_kernels_current(void);

/// The kernels of a given name, NULL when this processor or build has none: for tests and benchmarks.
const struct espalier_kernels *_Nullable espalier_kernels_named(const char *name);

/// The cores this process may use, at least 1.
int32_t espalier_available_cores(void);

/// Tells the processor that this is a spin loop.
static inline void espalier_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
