internal import CElf

/// Everything in an ELF image that can refer to loaded bytes.
package struct ElfReferences {
  private let image: ElfImage
  private let addresses: ElfAddresses
  private var references: References
  private var obstacle: String?

  package init(_ image: ElfImage, _ targets: [References.Target]) {
    self.image = image
    addresses = ElfAddresses(image)
    references = References(targets)
  }

  package mutating func find() -> FoundReferences {
    let hull = references.hull
    ElfSymbols(image, addresses).visit { address, name in
      // Mapping symbols (`$d`) tell disassemblers where code ends (ELF for the Arm 64-bit Architecture).
      guard hull.contains(address), !name().hasPrefix("$") else { return }
      references.point(to: address, .init(name: "symbol \(name())"))
    }
    var data = ElfRelocationTargets(image, addresses)
    data.visit(&references)
    obstacle = data.obstacle
    notes()
    let functions = functions()
    if !addresses.isObject { linked(functions) }
    references.finish()
    return FoundReferences(answers: references.answers, functions: functions, obstacle: obstacle)
  }

  private mutating func linked(_ functions: FunctionStarts) {
    let isFixed = image.header.type == UInt16(ET_EXEC)
    // Loaded where the linker placed it: its data contains addresses directly.
    if isFixed { for stretch in addresses.stretches(code: false) { words(in: stretch) } }
    let code = CodeReferences(
      instructions: image.instructions, order: image.header.order, isFixed: isFixed,
      code: addresses.stretches(code: true), data: addresses.stretches(code: false),
      functions: functions)
    obstacle = code.find(into: &references) ?? obstacle
  }

  private mutating func words(in stretch: LoadedStretch) {
    let width = image.header.is64 ? 8 : 4
    let content = stretch.bytes.span
    var position = Int((0 &- stretch.address) & UInt64(width - 1))
    while position <= content.count - width {
      let word = content.unsigned(at: position, width: width, order: image.header.order)
      references.point(to: word, .init(name: stretch.name, place: stretch.address &+ UInt64(position)))
      position += width
    }
  }

  /// Probes of SystemTap and similar tools keep addresses in notes that are not loaded.
  private mutating func notes() {
    guard !addresses.isObject else { return }
    let width = image.header.is64 ? 8 : 4
    for section in image.sections where section.type == UInt32(SHT_NOTE) {
      guard let range = section.fileRange else { continue }
      let content = image.bytes[range].span
      var position = 0
      while position <= content.count - width {
        let word = content.unsigned(at: position, width: width, order: image.header.order)
        references.point(to: word, .init(name: section.name))
        position += 4
      }
    }
  }

  /// The table that unwinders search (LSB, "The .eh_frame_hdr section"), in the only form that linkers write; if there
  /// is none, symbols of functions.
  private func functions() -> FunctionStarts {
    var starts: [UInt64] = []
    if let range = image.segments.first(where: { $0.type == UInt32(PT_GNU_EH_FRAME) })?.fileRange,
      let address = image.segments.first(where: { $0.type == UInt32(PT_GNU_EH_FRAME) })?.address
    {
      let content = image.bytes[range].span
      let order = image.header.order
      // version 1; the pointer sdata4 and relative to itself, the count udata4, the table sdata4 and relative to the
      // header.
      if content.count >= 12, [UInt8](arrayLiteral: 1, 0x1b, 0x03, 0x3b) == (0..<4).map({ content[$0] }) {
        let count = Int(content.unsigned(at: 8, width: 4, order: order))
        for index in 0..<min(count, (content.count - 12) / 8) {
          let distance = Int32(
            truncatingIfNeeded: content.unsigned(at: 12 + 8 * index, width: 4, order: order))
          starts.append(address &+ UInt64(bitPattern: Int64(distance)))
        }
      }
    }
    if starts.isEmpty {
      ElfSymbols(image, addresses).visit(functionsOnly: true) { address, _ in starts.append(address) }
    }
    return FunctionStarts(starts)
  }
}
