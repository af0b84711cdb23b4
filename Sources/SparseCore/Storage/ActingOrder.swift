// SPDX-License-Identifier: Apache-2.0
// Espalier: connections in the order of a forward pass of one sample.

internal import CKernels

/// The connections of a layer in strips of 16 outputs side by side, for networks that act on one sample at a time.
///
/// A vector register then holds 16 outputs and needs no sum over its lanes. Where every row has about equally many
/// connections in each panel of 16 (or 32) inputs, as N:M patterns have, the panel stays in a register (two) and a
/// connection is a place of 4 (8) bits in it. Other layers whose rows have about equally many connections, such as
/// those of constant fan-in, name each connection's input in 16 bits. Rows that are shorter than the longest of their
/// strip are filled up with connections of value 0; an input that is not finite may so reach outputs it is not
/// connected to.
///
/// It serves the forward pass alone and needs its own copy of the values, which ``SparseMatrix`` keeps.
///
/// - Complexity: 4 bytes a connection for its place; 0.5 to 4 a slot, of which there are at most ``mostFilling`` times
///   as many as connections (rows counted up to a multiple of 16).
package final class ActingOrder: @unchecked Sendable {
  /// Outputs side by side.
  static let stripRows = 16
  /// The most samples that it serves; more than one only with panels.
  static let mostSamples = 8
  /// The most slots for each connection.
  static let mostFilling = 1.25

  /// Inputs of a panel: 16 or 32; 0: connections name their inputs.
  package let panel: Int
  /// Slots for the connections of one row in one panel; 0 without panels.
  package let slots: Int
  /// Values with those that fill up.
  package let valueCount: Int
  let rows: Int
  let columns: Int
  let strips: Int
  private let words: IndexBuffer<UInt32>
  private let starts: IndexBuffer<Int64>
  private let inputs: IndexBuffer<UInt16>
  /// Where the value at each stored place lies here.
  private let places: IndexBuffer<UInt32>

  /// Lays a pattern out; nil where its rows differ too much, or where an index would not fit.
  ///
  /// - Complexity: O(*count* + *rows* x *columns* / 16); 4 bytes a connection beside the result.
  package init?(_ pattern: SparsityPattern, order: StorageOrder) {
    rows = pattern.rows
    columns = pattern.columns
    strips = (rows + Self.stripRows - 1) / Self.stripRows
    let room = Double(strips * Self.stripRows) / Double(max(1, rows)) * Self.mostFilling * Double(pattern.count)
    guard pattern.count > 0, room < Double(UInt32.max) else { return nil }
    let starts = IndexBuffer<Int64>(count: strips + 1)
    self.starts = starts
    let fitting = [16, 32].lazy.compactMap { side -> (side: Int, slots: Int, values: Int)? in
      let most = Self.mostInPanel(pattern, side)
      let values = starts.count.advanced(by: -1) * Self.stripRows * Self.panels(pattern.columns, side) * most
      return Double(values) <= room ? (side, most, values) : nil
    }.first
    if let fitting {
      (panel, slots, valueCount) = fitting
    } else {
      for strip in 0..<strips {
        let members = strip * Self.stripRows..<min(rows, (strip + 1) * Self.stripRows)
        let longest = members.lazy.map { pattern.rowStarts[$0 + 1] - pattern.rowStarts[$0] }.max() ?? 0
        starts.base[strip + 1] = starts.base[strip] + Int64(longest)
      }
      (panel, slots, valueCount) = (0, 0, Int(starts.base[strips]) * Self.stripRows)
      guard Double(valueCount) <= room, columns <= 1 << 16 else { return nil }
    }
    let perWord = panel == 16 ? 8 : 4
    let wordsPerPanel = panel == 0 ? 0 : (slots + perWord - 1) / perWord
    let panels = panel == 0 ? 0 : Self.panels(columns, panel)
    words = IndexBuffer(count: strips * panels * wordsPerPanel * Self.stripRows)
    inputs = IndexBuffer(count: panel == 0 ? valueCount : 0)
    places = IndexBuffer(count: pattern.count)
    let slotOf = IndexBuffer<UInt32>(count: pattern.count)
    pattern.lend { rowStarts, columnIndices in
      for row in 0..<rows {
        let (strip, lane) = (row / Self.stripRows, row % Self.stripRows)
        var (last, rank) = (-1, 0)
        for position in rowStarts[row]..<rowStarts[row + 1] {
          let column = Int(columnIndices[position])
          let slot: Int
          if panel == 0 {
            slot = (Int(starts.base[strip]) + position - rowStarts[row]) * Self.stripRows + lane
            inputs.base[slot] = UInt16(column)
          } else {
            rank = column / panel == last ? rank + 1 : 0
            last = column / panel
            let place = strip * panels + last
            slot = (place * slots + rank) * Self.stripRows + lane
            words.base[(place * wordsPerPanel + rank / perWord) * Self.stripRows + lane] |=
              UInt32(column % panel) << UInt32(rank % perWord * (32 / perWord))
          }
          slotOf.base[position] = UInt32(slot)
        }
      }
    }
    order.forEachPlace(pattern) { position, place in places.base[place] = slotOf.base[position] }
  }

  private static func panels(_ columns: Int, _ side: Int) -> Int { (columns + side - 1) / side }

  /// The most connections that a row has in a panel.
  private static func mostInPanel(_ pattern: SparsityPattern, _ side: Int) -> Int {
    pattern.lend { rowStarts, columnIndices in
      var most = 0
      for row in 0..<pattern.rows {
        var (last, run) = (-1, 0)
        for position in rowStarts[row]..<rowStarts[row + 1] {
          let panel = Int(columnIndices[position]) / side
          run = panel == last ? run + 1 : 1
          last = panel
          most = max(most, run)
        }
      }
      return most
    }
  }

  /// Copies the values, `stored` as they lie for the kernels; those that fill up stay 0.
  ///
  /// - Complexity: O(*count*).
  func copy(from stored: Vector, to values: inout Vector) {
    precondition(stored.count == places.count && values.count == valueCount, "values of another layer")
    stored.read { stored in
      values.write { values in
        for place in 0..<places.count { values[Int(places.base[place])] = stored[place] }
      }
    }
  }

  /// The form that kernels read, valid while this object lives.
  var kernelForm: espalier_acting {
    espalier_acting(
      rows: Int64(rows), columns: Int64(columns), panel: Int64(panel), slots: Int64(slots), words: words.base,
      starts: starts.base, inputs: inputs.base)
  }

  /// Memory of the indices.
  package var bytes: Int { words.bytes + starts.bytes + inputs.bytes + places.bytes }
}
