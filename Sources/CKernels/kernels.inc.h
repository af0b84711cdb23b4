// SPDX-License-Identifier: Apache-2.0
// Espalier: all kernels for one instruction set.
//
// Included once by each of portable.c, avx2.c and avx512.c, which say how many floats a vector has (VL) and for which
// processor the functions are compiled. Everything here is static; the table at the end is all that leaves.

/// Calls PASS(vectors) for each pass over the lanes of a block (16, 32 or 64), l being the pass's first lane. The first
/// half of each condition is a constant: only the widths that VL can meet are compiled.
#define FOR_EACH_PASS(l, lanes, PASS)                                                \
  for (int64_t l = 0; l < lanes;) {                                                  \
    const int64_t vectors_left = (lanes - l) / VL;                                   \
    if (8 * VL <= 64 && vectors_left >= 8) {                                         \
      { PASS(8); }                                                                       \
      l += 8 * VL;                                                                   \
    } else if (4 * VL <= 64 && vectors_left >= 4) {                                  \
      { PASS(4); }                                                                       \
      l += 4 * VL;                                                                   \
    } else if (2 * VL >= 16 && vectors_left >= 2) {                                  \
      { PASS(2); }                                                                       \
      l += 2 * VL;                                                                   \
    } else {                                                                         \
      if (VL >= 16) { PASS(1); }                                                         \
      l += VL;                                                                       \
    }                                                                                \
  }

#include "vectors.inc.h"

#include "sparse.inc.h"

#include "windowed.inc.h"

#include "tiled.inc.h"

#include "grouped.inc.h"

#include "listed.inc.h"

#include "data.inc.h"

#include "acting.inc.h"

#include "candidates.inc.h"

#include "shared.inc.h"

#include "pooling.inc.h"

#include "recurrent.inc.h"

#include "dense.inc.h"

#include "elementwise.inc.h"

#include "losses.inc.h"

#include "optimizers.inc.h"

#include "ceilings.inc.h"

#include "masks.inc.h"

#include "subsets.inc.h"

#define KERNELS(label)                                          \
  {                                                             \
    .name = label,                                              \
    .vector_lanes = VL,                                         \
    .narrow_rows = narrow_rows,                                 \
    .tiled_forward = tiled_forward,                             \
    .tiled_backward = tiled_backward,                           \
    .grouped_forward = grouped_forward,                         \
    .grouped_backward = grouped_backward,                       \
    .listed_forward = listed_forward,                           \
    .listed_backward = listed_backward,                         \
    .acting_forward = acting_forward,                           \
    .acting_forward_few = acting_few,                           \
    .sparse_weight_gradient = sparse_weight_gradient,           \
    .windowed_forward = windowed_forward,                       \
    .windowed_backward = windowed_backward,                     \
    .shared_forward = shared_forward,                           \
    .shared_input_gradient = shared_input_gradient,             \
    .shared_weight_gradient = shared_weight_gradient,           \
    .shared_bias_gradient = shared_bias_gradient,               \
    .max_pool = max_pool,                                       \
    .average_pool = average_pool,                               \
    .max_pool_gradient = max_pool_gradient,                     \
    .average_pool_gradient = average_pool_gradient,             \
    .lstm_forward = lstm_forward,                               \
    .lstm_backward = lstm_backward,                             \
    .gru_gates = gru_gates,                                     \
    .gru_output = gru_output,                                   \
    .gru_output_gradient = gru_output_gradient,                 \
    .gru_reset_gradient = gru_reset_gradient,                   \
    .dense_forward = dense_forward,                             \
    .dense_input_gradient = dense_input_gradient,               \
    .dense_gradient_row = dense_gradient_row,                   \
    .row_sums = row_sums,                                       \
    .activate = activate,                                       \
    .activate_gradient = activate_gradient,                     \
    .leaky_gradient_from_input = leaky_gradient_from_input,     \
    .sum_of_squares = sum_of_squares,                           \
    .all_finite = all_finite,                                   \
    .softmax_cross_entropy = softmax_cross_entropy,             \
    .squared_error = squared_error,                             \
    .huber = huber,                                             \
    .binary_cross_entropy = binary_cross_entropy,               \
    .add = add,                                                 \
    .sgd = sgd,                                                 \
    .adam = adam,                                               \
    .rmsprop = rmsprop,                                         \
    .gather = gather,                                           \
    .scatter = scatter,                                         \
    .probe_multiply_add = probe_multiply_add,                   \
    .probe_read = probe_read,                                   \
    .probe_gather_rows = probe_gather_rows,                     \
    .mask_tile = mask_tile,                                     \
    .mask_fours = mask_fours,                                   \
    .mask_rows = mask_rows,                                     \
    .mask_greedy = mask_greedy,                                 \
    .subset_tile = subset_tile,                                 \
  }
