internal import BuildRoots
import Formats

/// `.debug_line` with clean names in the headers of DWARF 2 to 4 and of split DWARF 5, so that its size does not depend
/// on the length of the build directory's name.
struct RebuiltLineSection: Sendable {
  var section: DwarfSections.Section
  var bytes: Bytes
  /// Where each program begins, before and after, ascending.
  var starts: [(old: Int, new: Int)]
  /// The ranges of the old section whose strings become clean: the inline names.
  var names: [Range<Int>]
  /// Bytes copied unchanged: the rest of each header and the opcodes; ascending, each with its new offset.
  var copies: [(old: Range<Int>, new: Int)] = []

  /// Whether the name that holds `root` becomes clean.
  func isClean(_ root: Range<Int>) -> Bool {
    let index = names.partition { $0.upperBound <= root.lowerBound }
    return index < names.count && names[index].overlaps(root)
  }

  /// The new offset of the byte at an old one; nil inside names, lengths and other bytes that are not merely copied.
  func newPosition(_ old: Int) -> Int? {
    let index = copies.partition { $0.old.upperBound <= old }
    guard index < copies.count, copies[index].old.contains(old) else { return nil }
    return copies[index].new + (old - copies[index].old.lowerBound)
  }

  /// The new end offset of what ended at an old one.
  func newEnd(_ old: UInt64) -> UInt64? {
    old == UInt64(section.content.count) ? UInt64(bytes.count) : newOffset(old)
  }

  func newOffset(_ old: UInt64) -> UInt64? {
    let index = starts.partition { UInt64($0.old) < old }
    guard index < starts.count, UInt64(starts[index].old) == old else { return nil }
    return UInt64(starts[index].new)
  }
}

/// Rebuilds a `.debug_line` section that holds roots in inline names.
struct LineTablePlanner {
  let dwarf: DwarfSections
  let roots: RootMap
  /// Replacements for inline names that change by more than losing their roots, by where they begin.
  var renamed: [Int: [UInt8]] = [:]
  /// The new offset of the string at an offset of a string table, for the headers of version 5.
  let newString: (ReferenceTarget, UInt64) -> UInt64?

  func rebuild(
    _ section: DwarfSections.Section, hits: [BuildRoot]
  ) throws(ScrubError) -> RebuiltLineSection {
    let old = section.content
    var output: [UInt8] = []
    output.reserveCapacity(old.count)
    var result = RebuiltLineSection(
      section: section, bytes: Bytes([]), starts: [], names: [])
    var references: [SectionReference] = []
    var end = 0
    try LinePrograms.forEach(
      in: section, addressSize: Int(dwarf.addressSize), order: dwarf.order,
      reference: { (reference) throws(ScrubError) in references.append(reference) },
      program: { (program) throws(ScrubError) in
        result.starts.append((program.range.lowerBound, output.count))
        if program.version == 5 {
          try copy(program, old, references, to: &output, names: &result.names)
        } else {
          try write(program, old, to: &output, &result)
        }
        references.removeAll()
        end = program.range.upperBound
      })
    // Padding after the last program.
    output += old[end..<old.count].array()
    pad(hits, old, result, in: &output)
    result.bytes = Bytes(output)
    return result
  }

  /// A version 5 program holds few names itself: its string offsets change, and any names between them.
  private func copy(
    _ program: LineProgram, _ old: Bytes, _ references: [SectionReference], to output: inout [UInt8],
    names: inout [Range<Int>]
  ) throws(ScrubError) {
    let start = output.count
    var position = program.range.lowerBound
    var reference = 0
    /// Copies everything up to `end`, updating string offsets.
    func copy(upTo end: Int) {
      let shift = output.count - position
      output += old[position..<end].array()
      position = end
      while reference < references.count, references[reference].position < end {
        let place = references[reference]
        if let new = newString(place.kind, place.target) {
          output.store(new, at: place.position + shift, width: place.width, order: dwarf.order)
        }
        reference += 1
      }
    }
    for name in program.inlineNames {
      copy(upTo: name.lowerBound)
      output += text(name, old)
      position = name.upperBound
      names.append(name)
    }
    copy(upTo: program.opcodes.lowerBound)
    let headerEnd = output.count
    copy(upTo: program.range.upperBound)
    let headerStart = start + program.headerLengthPosition + program.offsetSize - program.range.lowerBound
    try writeLengths(of: program, at: start, headerLength: headerEnd - headerStart, in: &output)
  }

  private func text(_ name: Range<Int>, _ old: Bytes) -> [UInt8] {
    renamed[name.lowerBound] ?? roots.clean(old[name].span) ?? old[name].array()
  }

  private func write(
    _ program: LineProgram, _ old: Bytes, to output: inout [UInt8], _ result: inout RebuiltLineSection
  ) throws(ScrubError) {
    let start = output.count
    func copy(_ range: Range<Int>) {
      result.copies.append((range, output.count))
      output += old[range].array()
    }
    func name(_ range: Range<Int>) {
      output += text(range, old)
      output.append(0)
      result.names.append(range)
    }
    let lengthEnd = program.headerLengthPosition + program.offsetSize
    output += old[program.range.lowerBound..<lengthEnd].array()
    let headerStart = output.count
    copy(program.fields)
    for directory in program.directories { name(directory) }
    output.append(0)
    for file in program.files {
      name(file.name)
      output += old[file.numbers].array()
    }
    output.append(0)
    output += old[program.rest].array()
    let headerLength = output.count - headerStart
    copy(program.opcodes)
    try writeLengths(of: program, at: start, headerLength: headerLength, in: &output)
  }

  /// Writes unit_length and header_length of the program written at `start`, in its own format.
  private func writeLengths(
    of program: LineProgram, at start: Int, headerLength: Int, in output: inout [UInt8]
  ) throws(ScrubError) {
    let unitLengthWidth = program.offsetSize
    let unitLengthPosition = start + (program.offsetSize == 8 ? 4 : 0)
    let unitLength = output.count - unitLengthPosition - unitLengthWidth
    guard program.offsetSize == 8 || unitLength < 0xffff_fff0 else {
      throw ScrubError("the program outgrows 32-bit DWARF", section: ".debug_line", kind: .notUnderstood)
    }
    output.store(UInt64(unitLength), at: unitLengthPosition, width: unitLengthWidth, order: dwarf.order)
    output.store(
      UInt64(headerLength), at: start + program.headerLengthPosition - program.range.lowerBound,
      width: program.offsetSize, order: dwarf.order)
  }

  /// Pads roots elsewhere (`DW_LNE_define_file`) to the same length, at their program's new place.
  private func pad(
    _ hits: [BuildRoot], _ old: Bytes, _ result: RebuiltLineSection, in output: inout [UInt8]
  ) {
    for root in hits where !result.isClean(root.range) {
      // It follows the header of its program, so its distance to the program's end is unchanged.
      let next = result.starts.partition { $0.old <= root.range.lowerBound }
      let oldEnd = next < result.starts.count ? result.starts[next].old : old.count
      let newEnd = next < result.starts.count ? result.starts[next].new : output.count
      let position = newEnd - (oldEnd - root.range.lowerBound)
      output.replaceSubrange(position..<position + root.range.count, with: roots.padding(for: root))
    }
  }
}
