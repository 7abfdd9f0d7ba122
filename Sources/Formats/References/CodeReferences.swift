/// The instruction sets that are decoded.
package enum InstructionSet: Sendable {
  case x64
  case aarch64
  case other
}

/// Bytes that are loaded, at their address.
package struct LoadedStretch: Sendable {
  /// The section's name.
  package var name: String
  package var address: UInt64
  package var bytes: Bytes
  package var end: UInt64 { address &+ UInt64(bytes.count) }
}

/// The references that were found to texts of one image.
package struct FoundReferences: Sendable {
  /// One for each target, in target order.
  package var answers: [References.Answer]
  package var functions: FunctionStarts
  /// Why some references may not be visible; nil if all of the usual kinds are.
  package var obstacle: String?
  /// Whether nothing was examined, because of the obstacle.
  package var isBlind = false

  /// For an image whose sections overlap: only malicious files have them, and reading them all could take forever.
  package static func overlapping(_ targets: [References.Target]) -> FoundReferences {
    FoundReferences(
      answers: targets.map { _ in References.Answer() }, functions: FunctionStarts([]),
      obstacle: "sections lie in each other", isBlind: true)
  }
}

/// What code refers to, including tables of relative offsets.
package struct CodeReferences {
  package let instructions: InstructionSet
  package let order: ByteOrder
  /// Whether addresses are stored directly in the code.
  package let isFixed: Bool
  package let code: [LoadedStretch]
  package let data: [LoadedStretch]
  package let functions: FunctionStarts

  /// - Returns: why not all of it could be read.
  package func find(into references: inout References) -> String? {
    var obstacle: String?
    var tables = OffsetTables(data)
    var boundaries = X86Boundaries(functions, size: code.reduce(0) { $0 + $1.bytes.count })
    for stretch in code {
      let bytes = stretch.bytes.span
      switch instructions {
      case .x64:
        X86Code().scan(
          bytes, at: stretch.address, named: stretch.name, absolute: isFixed, into: &references, &tables,
          &boundaries)
      case .aarch64:
        if !ArmCode().scan(
          bytes, at: stretch.address, named: stretch.name, absolute: isFixed, into: &references, &tables)
        {
          obstacle = "the code is too entangled to be followed"
        }
      case .other: obstacle = "code of this machine is not read"
      }
    }
    tables.read(order, into: &references)
    return obstacle
  }
}
