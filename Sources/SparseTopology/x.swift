internal import SparseCore
