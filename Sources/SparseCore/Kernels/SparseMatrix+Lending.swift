// SPDX-License-Identifier: Apache-2.0
// Espalier: a layer as the kernels see it.

package import CKernels

/// The form of a layer that kernels read.
package enum KernelForm {
  case tiled(espalier_tiled)
  case grouped(espalier_grouped)
  case listed(espalier_listed)
}

extension SparseMatrix {
  /// Lends what the kernels read: the connections, the stored values and, when it is fresh, their copy in forward order.
  ///
  /// Safety: everything is valid only inside `body`.
  package func lendToKernels<Result>(
    _ body: (KernelForm, _ stored: UnsafePointer<Float>, _ copy: UnsafePointer<Float>?) -> Result
  ) -> Result {
    readStored { stored, copy in
      switch order {
      case .tiled(let tiles): body(.tiled(tiles.kernelForm), stored, copy)
      case .grouped(let groups): body(.grouped(groups.kernelForm), stored, nil)
      case .listed(let lists): lists.withKernelForm(pattern) { body(.listed($0), stored, copy) }
      }
    }
  }

  /// Lends what the kernels of one sample read; nil unless ``prepareForActing()`` has made it and no weight has changed.
  ///
  /// Safety: everything is valid only inside `body`.
  package func lendActing<Result>(_ body: (espalier_acting, UnsafePointer<Float>) -> Result) -> Result? {
    readActing { acting, values in body(acting.kernelForm, values) }
  }
}
