import Formats

/// Carries out a plan on a copy of the image.
struct MachOEdit {
  let image: MachOImage
  let plan: MachOPlan

  private var order: ByteOrder { image.header.order }

  /// The edited image; its seals are still those of the input, or empty where their size changed.
  func apply() throws(ScrubError) -> EditBuffer {
    // Edits that keep their size: strings in place, times, references.
    let copy = EditBuffer(copying: image.bytes)
    for edit in plan.inPlace {
      let start = edit.section.map { Int(image.sections[$0].offset) } ?? 0
      copy.replace(at: start + edit.offset, with: edit.replacement)
    }
    clearTimes(in: copy)
    for debug in plan.debug where debug.redirects { try redirect(debug, in: copy) }

    // Remove load commands; all others move.
    if !plan.paths.removed.isEmpty { removeCommands(in: copy) }

    // Edits that change a size.
    if plan.layout == .compact { return try layOutDebugSections(copy) }
    try fillSlots(in: copy)
    if plan.symbols != nil || plan.resigns {
      return try LinkeditEdit(image: MachOImage(copy.bytes), plan: plan).apply()
    }
    return copy
  }

  private func clearTimes(in copy: borrowing EditBuffer) {
    guard let table = image.symbolTable else { return }
    let width = image.header.is64 ? 8 : 4
    for index in plan.times {
      copy.store(
        0, at: table.symbols.lowerBound + index * image.symbolSize + 8, width: width, order: order)
    }
  }

  private func redirect(_ debug: DebugPlan, in copy: borrowing EditBuffer) throws(ScrubError) {
    for section in debug.dwarf.sections where section.index != debug.line?.section.index {
      let base = Int(image.sections[section.index].offset)
      try debug.forEachRedirection(in: section) { reference, value in
        copy.store(value, at: base + reference.position, width: reference.width, order: order)
      }
    }
  }

  /// As install_name_tool does it: what follows moves up, zeros fill the end.
  private func removeCommands(in copy: borrowing EditBuffer) {
    let current = copy.bytes
    var kept: [UInt8] = []
    for (index, command) in image.commands.enumerated() where !plan.paths.removed.contains(index) {
      kept += current[command.range].array()
    }
    let used = image.commands.last?.range.upperBound ?? image.header.commands.lowerBound
    let rest = current[used..<image.header.commands.upperBound].array()
    let size = kept.count + rest.count
    copy.replace(at: image.header.commands.lowerBound, with: kept + rest)
    copy.zero(image.header.commands.lowerBound + size..<image.header.commands.upperBound)
    copy.store(
      UInt64(image.commands.count - plan.paths.removed.count), at: MachOImage.Header.commandCountPosition,
      width: 4, order: order)
    copy.store(UInt64(size), at: MachOImage.Header.commandsSizePosition, width: 4, order: order)
  }

  private var newContents: [Int: Bytes] {
    var contents: [Int: Bytes] = [:]
    for debug in plan.debug {
      for table in debug.tables { contents[table.section.index] = table.bytes }
      if let line = debug.line { contents[line.section.index] = line.bytes }
    }
    return contents
  }

  /// Writes rebuilt tables into the sections' old places; unused bytes become zero.
  private func fillSlots(in copy: borrowing EditBuffer) throws(ScrubError) {
    for (index, content) in newContents {
      guard let slot = image.sections[index].fileRange, content.count <= slot.count else {
        throw ScrubError("outgrows its slot", section: image.sections[index].label)
      }
      copy.zero(slot)
      copy.replace(at: slot.lowerBound, with: content)
    }
  }

  /// Lays out the sections of `__DWARF` one after another, and updates their headers.
  private func layOutDebugSections(_ copy: borrowing EditBuffer) throws(ScrubError) -> EditBuffer {
    let current = try MachOImage(copy.bytes)
    guard let segment = MachOLayout.movableSegment(of: current) else {
      throw ScrubError("debug sections cannot move", section: "__DWARF")
    }
    let contents = newContents
    let layout = MachOLayout(compact: current, segment, sizes: contents.mapValues(\.count))
    let output = EditBuffer(count: layout.fileSize)
    let start = segment.fileRange.lowerBound
    output.replace(at: 0, with: current.bytes[0..<start])
    let width = image.header.is64 ? 8 : 4
    for (index, place) in layout.places {
      let section = current.sections[index]
      guard let range = section.fileRange else { continue }
      output.replace(at: place.offset, with: contents[index] ?? current.bytes[range])
      let header = section.headerPosition + 32
      output.store(
        segment.address &+ UInt64(place.offset - start), at: header, width: width, order: order)
      output.store(UInt64(place.size), at: header + width, width: width, order: order)
      output.store(UInt64(place.offset), at: header + 2 * width, width: 4, order: order)
    }
    let size = UInt64(layout.fileSize - start)
    output.storeSizes(of: segment, fileSize: size, in: current)
    return output
  }
}

extension EditBuffer {
  /// `vmsize` and `filesize` of a segment command. A size in memory that equals the file's, rounded to pages or not,
  /// still does afterwards; any other is left unchanged.
  func storeSizes(of segment: MachOImage.Segment, fileSize: UInt64, in image: MachOImage) {
    let width = image.header.is64 ? 8 : 4
    let start = segment.commandPosition + 24
    let isARM = image.header.cpuType & 0xff_ffff == 12
    let pages: [UInt64] = [1, isARM ? 0x4000 : 0x1000, isARM ? 0x1000 : 0x4000]
    func rounded(_ size: UInt64, _ page: UInt64) -> UInt64 { (size &+ page &- 1) / page &* page }
    // dsymutil rounds to 4 KiB on every machine.
    let order = image.isDSYM ? [1, 0x1000, 0x4000] : pages
    let page = order.first { rounded(segment.fileSize, $0) == segment.memorySize }
    let memorySize = page.map { rounded(fileSize, $0) } ?? max(segment.memorySize, fileSize)
    store(memorySize, at: start + width, width: width, order: image.header.order)
    store(fileSize, at: start + 3 * width, width: width, order: image.header.order)
  }
}
