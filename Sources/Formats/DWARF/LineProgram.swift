/// One line number program of `.debug_line`: the layout of its header (DWARF 4 section 6.2.4, DWARF 5 section 6.2.4).
/// Ranges are relative to the section's start.
package struct LineProgram: Sendable {
  package struct FileName: Sendable {
    package var name: Range<Int>
    package var directory: UInt64
    /// Directory index, modification time and length, three LEB128 numbers.
    package var numbers: Range<Int>

    package init(
      name: Range<Int>, directory: UInt64, numbers: Range<Int>
    ) {
      self.name = name
      self.directory = directory
      self.numbers = numbers
    }
  }

  /// The string of a directory or a file: in the header itself, or referenced by offset.
  package enum Name: Sendable {
    case inline(Range<Int>)
    /// As stored, before relocation.
    case reference(SectionReference)

    /// The position of the string, or of its offset.
    package var position: Int {
      switch self {
      case .inline(let range): range.lowerBound
      case .reference(let reference): reference.position
      }
    }
  }

  /// A directory or a file.
  package struct Entry: Sendable {
    /// Nil if it has none, or more than one (`DW_LNCT_path`).
    package var name: Name?
    /// For a file: the directory that its name is relative to (`DW_LNCT_directory_index`).
    package var directory: UInt64?

    package init(
      name: Name? = nil, directory: UInt64? = nil
    ) {
      self.name = name
      self.directory = directory
    }
  }

  /// From unit_length to the end of the program.
  package var range: Range<Int>
  package var offsetSize: Int
  package var version: UInt16
  /// The position of header_length; its value is relative to the end of the field.
  package var headerLengthPosition: Int
  /// From the end of header_length to include_directories.
  package var fields: Range<Int>
  /// include_directories and file_names of versions 2 to 4, which contain their strings; empty for version 5.
  package var directories: [Range<Int>] = []
  package var files: [FileName] = []
  /// directories and file_names of version 5; `paths` has those of every version.
  private var directoryEntries: [Entry] = []
  private var fileEntries: [Entry] = []
  /// The strings that a version 5 header contains itself, as split units' headers do (`DW_FORM_string`).
  package var inlineNames: [Range<Int>] = []
  /// From the end of file_names to the end of the header: empty, or known only to the producer.
  package var rest: Range<Int>
  /// The program itself.
  package var opcodes: Range<Int>

  /// From the end of unit_length to header_length: the version, and in version 5 the sizes of addresses and selectors.
  package var beforeLength: Range<Int> {
    range.lowerBound + (offsetSize == 8 ? 12 : 4)..<headerLengthPosition
  }

  /// Reads the header at the cursor and leaves the cursor after the program.
  /// - Parameter body: receives the string references of a version 5 header.
  package init(
    _ reader: inout Reader, addressSize: Int, _ body: (SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    let start = reader.offset
    let (length, offsetSize) = try reader.unitLength()
    let end = reader.offset + length
    version = try reader.u16()
    self.offsetSize = offsetSize
    range = start..<end
    var encoding = UnitEncoding(version: version, addressSize: addressSize, offsetSize: offsetSize)
    guard (2...5).contains(version) else {
      throw reader.error("line number program version \(version) is not known", kind: .notUnderstood)
    }
    if version == 5 {
      encoding.addressSize = Int(try reader.u8())
      try reader.skip(1)  // segment_selector_size
    }
    headerLengthPosition = reader.offset
    let headerLength = try reader.unsigned(offsetSize)
    guard headerLength <= UInt64(max(end - reader.offset, 0)) else {
      throw reader.error(
        "header_length \(headerLength) exceeds the program's end 0x\(String(end, radix: 16))")
    }
    try Effort.charge(4 * length)
    let programStart = reader.offset + Int(headerLength)
    let firstField = reader.offset
    // minimum_instruction_length, maximum_operations_per_instruction (from version 4), default_is_stmt,
    // line_base, line_range
    try reader.skip(version >= 4 ? 5 : 4)
    let opcodeBase = try reader.u8()
    if opcodeBase > 0 { try reader.skip(Int(opcodeBase) - 1) }
    fields = firstField..<reader.offset

    if version == 5 {
      directoryEntries = try Self.entries(&reader, encoding, &inlineNames, body)
      fileEntries = try Self.entries(&reader, encoding, &inlineNames, body)
    } else {
      (directories, files) = try Self.inlineTables(&reader)
    }
    guard reader.offset <= programStart else {
      throw reader.error("file names end behind the header's end 0x\(String(programStart, radix: 16))")
    }
    rest = reader.offset..<programStart
    opcodes = programStart..<end
    try reader.seek(to: end)
  }

  /// One of the two entry tables of a DWARF 5 header: formats, then the entries.
  private static func entries(
    _ reader: inout Reader, _ encoding: UnitEncoding, _ names: inout [Range<Int>],
    _ body: (SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) -> [Entry] {
    var formats: [(content: UInt64, form: Form)] = []
    for _ in 0..<(try reader.u8()) {
      formats.append((try reader.uleb(), Form(try reader.uleb())))
    }
    let count = try reader.uleb()
    // With entries that occupy no bytes, a short file could claim any number of them.
    guard count == 0 || (!formats.isEmpty && count <= UInt64(reader.bytes.count)) else {
      throw reader.error("\(count) entries of \(formats.count) forms do not fit")
    }
    let (path, directoryIndex) = (UInt64(1), UInt64(2))  // DW_LNCT_path, DW_LNCT_directory_index
    let hasOnePath = formats.count { $0.content == path } == 1
    var entries: [Entry] = []
    for _ in 0..<count {
      var entry = Entry()
      for (content, form) in formats {
        switch form.handling(encoding) {
        case .string:
          let range = try reader.cString()
          names.append(range)
          if content == path, hasOnePath { entry.name = .inline(range) }
        case .reference(let target):
          let reference = try reader.reference(target, width: encoding.offsetSize)
          if content == path, hasOnePath { entry.name = .reference(reference) }
          try body(reference)
        case .leb where content == directoryIndex: entry.directory = try reader.uleb()
        case .fixed(let size) where content == directoryIndex && (1...8).contains(size):
          entry.directory = try reader.unsigned(size)
        default: try reader.value(form, encoding, body)
        }
      }
      entries.append(entry)
    }
    return entries
  }

  /// include_directories and file_names of DWARF 2 to 4: strings, terminated by an empty one.
  private static func inlineTables(
    _ reader: inout Reader
  ) throws(ScrubError) -> ([Range<Int>], [FileName]) {
    var directories: [Range<Int>] = []
    var files: [FileName] = []
    while true {
      let name = try reader.cString()
      if name.isEmpty { break }
      directories.append(name)
    }
    while true {
      let name = try reader.cString()
      if name.isEmpty { break }
      let start = reader.offset
      let directory = try reader.uleb()
      try reader.skipLEB()  // modification time
      try reader.skipLEB()  // length
      files.append(FileName(name: name, directory: directory, numbers: start..<reader.offset))
    }
    return (directories, files)
  }
}

extension LineProgram {
  /// The paths in both kinds of headers. Directory 0 is the compilation directory, which headers of versions 2 to 4
  /// omit: there its entry is empty.
  package var paths: (directories: [Entry], files: [Entry]) {
    if version == 5 { return (directoryEntries, fileEntries) }
    return (
      [Entry()] + directories.map { Entry(name: .inline($0)) },
      files.map { Entry(name: .inline($0.name), directory: $0.directory) }
    )
  }
}

/// All programs of a `.debug_line` section.
package enum LinePrograms {
  /// Calls `reference` with the string references of version 5 headers, and `body` with each program.
  package static func forEach(
    in section: DwarfSections.Section, addressSize: Int, order: ByteOrder,
    reference: (SectionReference) throws(ScrubError) -> Void,
    program body: (LineProgram) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var reader = Reader(section.content.span, order: order, section: section.label)
    while !reader.isAtEnd, !reader.isPadding {
      let program = try LineProgram(&reader, addressSize: addressSize, reference)
      try body(program)
    }
  }
}
