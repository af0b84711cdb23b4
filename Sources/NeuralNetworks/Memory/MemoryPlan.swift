// SPDX-License-Identifier: Apache-2.0
// Espalier: adding up memory layer by layer.

internal import SparseCore
internal import SparseTopology

/// Walks a network's description as ``NetworkPlan`` does, and adds up bytes instead of building layers.
struct MemoryPlan {
  private let topology: Topology
  private let load: TrainingLoad
  /// Connections of each sparse layer, in order.
  private var counts: [Int] = []
  private var sparseOrdinal = 0
  private var allReLUOrdinal = 0
  private var outputs = 0

  private(set) var connectionCount: ByteCount = 0
  private var connections: ByteCount = 0
  private var slots: ByteCount = 0
  private var gradients: ByteCount = 0
  private var values = PassValues()
  private var largestBirth: ByteCount = 0
  /// A network of candidates, their gradients and scores, of all sparse layers.
  private var candidates: ByteCount = 0
  private var largestRewiring: ByteCount = 0
  /// Rounded copies of inputs and gradients, for gathers; padded maps and the states of time steps.
  private var narrow = ByteCount(0)
  private var largestPiece: ByteCount = 0
  /// Proposals, explorations and gradients that only updates need, of all sparse layers.
  private var proposals: ByteCount = 0

  init(topology: Topology, load: TrainingLoad) {
    self.topology = topology
    self.load = load
  }

  /// Adds up the whole network.
  mutating func walk(_ descriptions: [LayerDescription], inputs: Int) throws(TopologyError) {
    var plan = NetworkPlan(
      topology: topology, initialization: .he, random: Random(seed: 0), site: BirthSite())
    counts = try plan.connectionCounts(of: descriptions, inputs: inputs)
    values.add(inputs)
    outputs = try sequence(descriptions, FeatureSite(width: inputs)).width
    values.addGradient(outputs)
  }

  func bytes(of part: MemoryEstimate.Part) -> ByteCount {
    switch part {
    case .connections: connections
    case .optimizer: slots
    case .gradients: gradients
    case .activations: values.training(batch: load.batch) + narrow
    case .data: ByteCount(load.data)
    case .preparation: ByteCount(load.preparation)
    case .birth: largestBirth + candidates + passOfBirth
    case .rewiring: load.evolution.isStatic ? 0 : proposals + largestRewiring
    case .checkpoint: 1_048_576 + largestPiece
    case .evaluation:
      load.heldOut == 0
        ? 0
        : values.inference(batch: min(256, load.heldOut)) + 4 * ByteCount(load.heldOut) * ByteCount(outputs)
    }
  }

  /// What a choice of connections before the first step takes besides candidates.
  private var passOfBirth: ByteCount {
    guard let birth = load.birth else { return 0 }
    return ByteCount(birth.others) + (birth.samples > 0 ? values.training(batch: birth.samples) : 0)
  }

  /// Walks layers one after another and returns what comes out at the end.
  private mutating func sequence(
    _ descriptions: [LayerDescription], _ inputs: FeatureSite
  ) throws(TopologyError) -> FeatureSite {
    var site = inputs
    var widest = 0
    var before: LayerDescription?
    for description in descriptions {
      let next = try add(description, site)
      if case .image(let image) = description, !image.needsOrdering {
        site = next
        continue
      }
      if before != nil { widest = max(widest, site.width) }
      if !shares(description, after: before) { values.add(next.width) }
      site = next
      before = description
    }
    // Gradients between layers go to and fro between two buffers.
    values.addGradient(widest)
    values.addGradient(widest)
    return site
  }

  /// Whether a layer writes over the outputs of the one before, see `SequenceWorkspace`.
  private mutating func shares(_ description: LayerDescription, after before: LayerDescription?) -> Bool {
    let function: ActivationFunction
    switch description {
    case .activation(let given): function = given
    case .allReLU(let slope):
      allReLUOrdinal += 1
      function = .leakyReLU(slope: allReLUOrdinal.isMultiple(of: 2) ? slope : -slope)
    default: return false
    }
    guard function.readsOutput else { return false }
    switch before {
    case .sparseLinear, .windowedLinear, .linear, .batchNorm, .layerNorm, .convolution: return true
    default: return false
    }
  }

  /// Adds one layer and returns what comes out of it.
  private mutating func add(
    _ description: LayerDescription, _ site: FeatureSite
  ) throws(TopologyError) -> FeatureSite {
    switch description {
    case .image(let image): return try site.after(image)
    case .pooling(let layer): return try site.after(layer)
    case .convolution(let layer):
      if let map = site.map { addConvolution(layer, map) }
      return try site.after(layer)
    case .recurrent(let layer):
      addRecurrent(layer, inputs: site.width)
      return try site.after(layer)
    case .residual(let inner): return try sequence(inner, site)
    default:
      return FeatureSite(width: addPlain(description, inputs: site.width), map: description.keepsMap ? site.map : nil)
    }
  }

  /// Adds a layer that does not care how its features lie, and returns its width.
  private mutating func addPlain(_ description: LayerDescription, inputs: Int) -> Int {
    switch description {
    case .sparseLinear(let layer):
      addSparse(layer, inputs: inputs)
      return layer.outputs
    case .windowedLinear(let layer):
      let count = ByteCount(layer.outputs) * ByteCount(layer.fanIn)
      connectionCount += count
      if !load.windowsInFile { connections += 2 * count }
      addWeights(
        count, isSparse: false, isStepped: isFused && momentum == 0, isCounted: load.windowsInFile)
      if layer.hasBias { addParameters(ByteCount(layer.outputs)) }
      return layer.outputs
    case .linear(let layer):
      let count = ByteCount(layer.outputs) * ByteCount(inputs)
      connectionCount += count
      addParameters(count)
      if layer.hasBias { addParameters(ByteCount(layer.outputs)) }
      return layer.outputs
    case .srelu: addParameters(4 * ByteCount(inputs))
    case .batchNorm:
      addParameters(2 * ByteCount(inputs))
      connections += 8 * ByteCount(inputs)  // running moments
      gradients += 8 * ByteCount(inputs)  // the batch's moments
    case .layerNorm:
      addParameters(2 * ByteCount(inputs))
      gradients += 8 * PassValues.padded(load.batch)
    case .activation, .allReLU, .dropout, .residual, .image, .convolution, .pooling, .recurrent: break
    #if !hasFeature(Embedded)
      case .custom(let custom):
        var random = Random(seed: 0)
        var layer = custom.make(inputs, &random)
        layer.visitParameters(nil) { addParameters(ByteCount($0.values.count)) }
        return layer.outputs
    #endif
    }
    return inputs
  }

  private mutating func addSparse(_ layer: SparseLinear, inputs: Int) {
    let size = ByteCount(largestCount(counts[sparseOrdinal], LayerShape(outputs: layer.outputs, inputs: inputs)))
    let isStepped = isFused && SparseMatrix.canStepBackward(capacity: load.batch)
    let storage = addConnections(
      LayerShape(outputs: layer.outputs, inputs: inputs), layer.topology, isStepped: isStepped)
    if storage.isTiled, load.batch > Activations.lanes(for: load.batch) { gradients += 4 * size }
    if load.precision == .bfloat16, NarrowRows.fits(lanes: Activations.lanes(for: load.batch)) {
      narrow += 2 * PassValues.padded(load.batch) * (ByteCount(inputs) + ByteCount(layer.outputs))
    }
    if layer.hasBias { addParameters(ByteCount(layer.outputs)) }
  }

  /// The weights of the next sparse layer, whatever its kind.
  private mutating func addConnections(_ shape: LayerShape, _ own: Topology?, isStepped: Bool) -> StorageEstimate {
    let birth = counts[sparseOrdinal]
    sparseOrdinal += 1
    let count = largestCount(birth, shape)
    let size = ByteCount(count)
    let topology = own ?? topology
    let storage = StorageEstimate(
      rows: shape.rows, columns: shape.columns, count: count, reach: topology.locality?.window,
      group: topology.tilePattern?.side)
    connectionCount += ByteCount(birth)
    connections += storage.bytes
    let cells = ByteCount(shape.rows) * ByteCount(shape.columns)
    addMemory(size, cells: cells, rows: shape.rows)
    addWeights(size, isSparse: true, isStepped: isStepped, isCounted: true)
    largestPiece = max(largestPiece, 4 * min(size, ByteCount(SparseMatrix.pieceCount)))
    // The weights in the pattern's order, beside those in the storage's.
    largestBirth = max(largestBirth, 4 * size + storage.layingOut)
    addCandidates(ByteCount(birth), shape, cells, topology)
    addRewiring(size, storage, rows: shape.rows, isStepped: isStepped)
    return storage
  }

  /// The candidates of a layer, where connections are chosen before the first step.
  private mutating func addCandidates(
    _ count: ByteCount, _ shape: LayerShape, _ cells: ByteCount, _ topology: Topology
  ) {
    guard let birth = load.birth else { return }
    largestBirth = max(largestBirth, ByteCount(birth.ranking) * count)
    guard birth.candidates > 0 else { return }
    let wish = min(cells, ByteCount(rounding: birth.candidates * Double(count.value)))
    let storage = StorageEstimate(
      rows: shape.rows, columns: shape.columns, count: wish.value, reach: topology.locality?.window, group: nil)
    candidates += storage.bytes + ByteCount(birth.scores) * wish
    largestBirth = max(largestBirth, 4 * wish + storage.layingOut)
  }

  /// The most connections of a layer at any time: methods may hold a margin on top of the birth's for a while.
  private func largestCount(_ birth: Int, _ shape: LayerShape) -> Int {
    let cells = ByteCount(shape.rows) * ByteCount(shape.columns)
    return load.evolution.density.largestCount(birth: birth, cells: cells.value)
  }

  /// A convolution: its lists for the passes, and padded maps of the input and of its gradient.
  private mutating func addConvolution(_ layer: SparseConv2D, _ map: FeatureMap) {
    addShared(layer.shape(map), layer.topology, hasBias: layer.hasBias)
    guard layer.window.hasPadding else { return }
    narrow += 8 * PassValues.padded(load.batch) * ByteCount(layer.window.padded(map).featureCount)
  }

  /// A recurrent layer: its lists for the passes, windows, gates and cells of all steps, and the gradients of one.
  private mutating func addRecurrent(_ layer: SparseRecurrent, inputs: Int) {
    addShared(layer.shape(inputs: inputs), layer.topology, hasBias: layer.hasBias)
    let hidden = ByteCount(layer.hidden)
    let window = ByteCount(inputs / max(1, layer.steps)) + (layer.cell == .gru ? 2 : 1) * hidden
    let step = window + ByteCount(layer.cell.gates) * hidden + (layer.cell == .lstm ? hidden : 0)
    narrow += 4 * PassValues.padded(load.batch) * (ByteCount(layer.steps) * step + window + 2 * hidden)
  }

  /// Connections that are used at many places: besides the matrix, offsets, places, values and gradients in row order.
  private mutating func addShared(_ shape: LayerShape, _ own: Topology?, hasBias: Bool) {
    let size = ByteCount(counts[sparseOrdinal])
    _ = addConnections(shape, own, isStepped: false)
    gradients += 16 * size + 8 * (ByteCount(shape.rows) + 1)
    if hasBias { addParameters(ByteCount(shape.rows)) }
  }

  /// What an update holds: the proposals of all layers; then, layer by layer, the new pattern and where its connections
  /// come from, the new order, and two lists of places or one and a vector of values.
  private mutating func addRewiring(_ size: ByteCount, _ storage: StorageEstimate, rows: Int, isStepped: Bool) {
    let fraction = load.evolution.schedule.dropFraction.initial
    let moved = ByteCount(rounding: fraction * Double(size.value))
    proposals += 16 * moved + min(524_288, 16 * size)
    if isStepped && load.evolution.needsGradient { proposals += 4 * size }
    largestRewiring = max(largestRewiring, storage.pattern + 12 * size + storage.order + storage.layingOut)
  }

  /// What an evolution remembers of a layer between its updates, see ``EvolutionMemory``.
  private mutating func addMemory(_ size: ByteCount, cells: ByteCount, rows: Int) {
    if load.evolution.prune == .signChange || load.evolution.walk != nil { slots += 4 * size }
    if load.evolution.reserve != nil { slots += 8 * size }
    switch load.evolution.grow {
    case .sampledMomentum(let ratio, _):
      let wish = ByteCount(rounding: (ratio * Double(size.value)).rounded(.up))
      let candidates = min(wish, ByteCount(cells.value - size.value))
      slots += 8 * candidates + 8 * ByteCount(rows + 1)
      gradients += 4 * candidates
    // Every cell that was ever live: at most the first ones, and what each update moves.
    case .exploringGradient:
      let moved = load.evolution.schedule.dropFraction.initial * Double(size.value)
      let grown = load.updates.map { ByteCount(rounding: Double($0) * moved) } ?? cells
      let visited = min(cells, size + grown)
      slots += 12 * visited
      // Counting makes new lists, and they grow by doubling.
      largestRewiring = max(largestRewiring, 24 * visited)
    default: break
    }
  }

  /// Whether the evolution reads the gradients of every step, so that none is taken in the backward pass.
  private var looksAtEveryStep: Bool {
    if case .sampledMomentum = load.evolution.grow { return true }
    return load.evolution.reserve != nil
  }

  private var momentum: Float? { load.optimizer.fusedStep()?.momentum }

  /// Whether layers that can take their step in the backward pass.
  private var isFused: Bool {
    load.accumulation == 1 && !looksAtEveryStep && load.optimizer.fusedStep() != nil
  }

  /// Adds trained numbers with slots and gradients.
  private mutating func addParameters(_ count: ByteCount) {
    addWeights(count, isSparse: false, isStepped: false)
  }

  /// Adds weights; `isCounted` when their bytes are among the connections already, or in a file, `isStepped` without a gradient.
  private mutating func addWeights(_ count: ByteCount, isSparse: Bool, isStepped: Bool, isCounted: Bool = false) {
    if !isCounted { connections += 4 * count }
    slots += Self.slotBytes(load.optimizer.rule, isSparse: isSparse) * count
    if !isStepped { gradients += 4 * count }
  }

  /// Bytes that an optimizer keeps of a trained number, see ``OptimizerState``.
  private static func slotBytes(_ rule: Optimizer.Rule, isSparse: Bool) -> ByteCount {
    switch rule {
    case .sgd(let momentum, _): momentum > 0 ? 4 : 0
    case .adam: isSparse ? 10 : 8
    case .rmsProp(_, _, let momentum): momentum > 0 ? 8 : 4
    }
  }
}

/// Values of one sample that passes keep: outputs of layers, and gradients in training.
private struct PassValues {
  private var outputs: ByteCount = 0
  private var gradients: ByteCount = 0

  mutating func add(_ features: Int) { outputs += ByteCount(features) }
  mutating func addGradient(_ features: Int) { gradients += ByteCount(features) }

  func training(batch: Int) -> ByteCount { 4 * Self.padded(batch) * (outputs + gradients) }
  func inference(batch: Int) -> ByteCount { 4 * Self.padded(batch) * outputs }

  /// Samples of a batch with the padding of its last block.
  static func padded(_ batch: Int) -> ByteCount {
    let lanes = Activations.lanes(for: batch)
    return ByteCount((batch - 1) / lanes + 1) * ByteCount(lanes)
  }
}
