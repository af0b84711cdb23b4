// SPDX-License-Identifier: Apache-2.0
// Espalier: the whole library under one name.

@_exported public import Datasets
@_exported public import Entities
@_exported public import Environments
@_exported public import NeuralNetworks
@_exported public import Reinforcement
@_exported public import SparseCore
@_exported public import SparseTopology
@_exported public import Training
