// SPDX-License-Identifier: Apache-2.0
// Espalier: networks for images and for text.

internal import Espalier

/// How the features of a run's data lie: on an image, along a sequence, or in no order.
struct DataForm: Equatable, Sendable {
  var image: ImageShape?
  var sequence: SequenceShape?

  init() {}

  init(_ dataset: Dataset) {
    image = dataset.image
    sequence = dataset.sequence
  }
}

extension RunConfiguration {
  /// The image that a network of convolutions reads.
  func image(_ form: DataForm) throws(CommandError) -> ImageShape {
    guard let image = form.image else {
      throw .usage(
        "--network \(network.network.rawValue): expected images, got features in no order of pixels; choose --data digits, "
          + "mnist or cifar-10, or --network mlp")
    }
    return image
  }

  /// The sequence that a recurrent network reads.
  func sequence(_ form: DataForm) throws(CommandError) -> SequenceShape {
    guard let sequence = form.sequence else {
      throw .usage(
        "--network \(network.network.rawValue): expected text, got data without time steps; choose --data text, a .txt file, "
          + "or --network mlp")
    }
    guard !network.hidden.isEmpty else {
      throw .usage("--network \(network.network.rawValue): expected --hidden with the width of each layer, got none")
    }
    return sequence
  }

  /// LeNet-5 with max pooling: 6 and 16 channels, then 120 and 84 neurons.
  ///
  /// Windows are 5 x 5 as in the paper (LeCun et al., 1998), with padding in the first layer alone; images of fewer than
  /// 20 pixels a side have windows of 3 x 3 and padding in both. Every channel of the second layer may read every channel
  /// of the first.
  func leNet(on image: ImageShape, outputs: Int) -> [LayerDescription] {
    let isSmall = min(image.height, image.width) < 20
    var list = input(image)
    list += block(6, kernel: isSmall ? 3 : 5, padding: isSmall ? 1 : 2) + MaxPool2D(2).descriptions
    list += block(16, kernel: isSmall ? 3 : 5, padding: isSmall ? 1 : 0) + MaxPool2D(2).descriptions
    for width in [120, 84] { list += [connections(width)] + activation + dropout }
    return list + [output(outputs)]
  }

  /// A small network in the manner of VGG: pairs of 3 x 3 convolutions with 16 and 32 channels, pooling after each pair,
  /// then 128 neurons.
  func vgg(on image: ImageShape, outputs: Int) -> [LayerDescription] {
    var list = input(image)
    for channels in [16, 32] {
      list += block(channels, kernel: 3, padding: 1) + block(channels, kernel: 3, padding: 1)
      list += MaxPool2D(2).descriptions
    }
    return list + [connections(128)] + activation + dropout + [output(outputs)]
  }

  /// Recurrent layers of the widths of `--hidden`, of which there is at least one, the last of which hands on its last state only.
  func recurrent(over sequence: SequenceShape, outputs: Int) -> [LayerDescription] {
    var list: [LayerDescription] = []
    let topology: Topology? = evolution.method == .dense ? .dense : nil
    for (index, width) in network.hidden.enumerated() {
      let returned: RecurrentOutput = index + 1 == network.hidden.count ? .last : .all
      list +=
        network.network == .lstm
        ? SparseLSTM(width, steps: sequence.steps, returns: returned, topology: topology).descriptions
        : SparseGRU(width, steps: sequence.steps, returns: returned, topology: topology).descriptions
      list += dropout
    }
    return list + [output(outputs)]
  }

  private func input(_ image: ImageShape) -> [LayerDescription] {
    ImageInput(height: image.height, width: image.width, channels: image.channels, order: .channelsFirst).descriptions
  }

  private func block(_ channels: Int, kernel: Int, padding: Int) -> [LayerDescription] {
    let topology: Topology? = evolution.method == .dense ? .dense : nil
    return SparseConv2D(channels, kernel: kernel, padding: padding, topology: topology).descriptions + activation
  }

  private var dropout: [LayerDescription] {
    network.dropout > 0 ? Dropout(Float(network.dropout)).descriptions : []
  }
}
