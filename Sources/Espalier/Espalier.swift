@_exported public import SparseCore
