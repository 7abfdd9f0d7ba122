internal import BuildRoots
import Formats

/// What makes builds of one source differ although no root is left; reported while it is still possible to build with
/// another flag.
enum Convergence {
  /// One note for each reason; places have no path and no member.
  static func notes(
    _ image: ElfImage, _ regions: [Region], _ hits: [Hit], _ companions: LinkedFiles = LinkedFiles()
  ) -> [Note] {
    let loaded = image.loadedRanges()
    return [
      intermediateCode(image), versionDefinition(image, regions, hits),
      loadedLength(regions, hits) { $0.fileRange.map { loaded.overlaps($0) } ?? false },
      companions.hasDebugFile ? nil : debugLink(image, hits),
      companions.hasImage ? nil : separateDebugFile(image, hits),
      companions.hasSupplementaryFile ? nil : supplementaryLink(image, hits),
      companions.hasUsers ? nil : supplementaryFile(image, hits), miniDebugInfo(image, hits),
    ].compactMap { $0 } + toolValues(image, regions, hits)
  }

  /// Values that tools derived from the path, the time or chance, and that hold no path themselves (`KnownValues`).
  private static func toolValues(_ image: ElfImage, _ regions: [Region], _ hits: [Hit]) -> [Note] {
    guard !hits.isEmpty else { return [] }
    var notes: [Note] = []
    func add(_ cause: Cause, _ what: String, _ section: String) {
      notes.append(stays(what, in: section, cause))
    }
    if image.section(named: ToolMarks.goNote) != nil {
      add(.goBuildID, goID, ToolMarks.goNote)
    }
    if image.section(named: ToolMarks.swiftHash) != nil {
      add(.swiftModuleHash, swiftHash, ToolMarks.swiftHash)
    }
    let loaded = hits.filter { hit in
      regions[hit.region].section.map { image.sections[$0].isLoaded } ?? false
    }
    guard let first = loaded.first else { return notes }
    if ToolMarks.coverage(image) {
      add(
        .coverageStamp,
        "numbers of gcov beside these paths depend on the time of the compile and on the path, and stay",
        regions[first.region].name)
    }
    if ToolMarks.sanitizer(image) {
      add(
        .sanitizerOrder,
        "strings that AddressSanitizer guards are ordered by a hash of the path, and stay so",
        regions[first.region].name)
    }
    return notes
  }

  /// A value that a tool wrote, in which no path is visible and which no edit can equalize.
  static func stays(_ what: String, in section: String, _ cause: Cause) -> Note {
    Note("\(what); prevent with \(cause.prevention)", at: Place(section: section), divergence: .anywhere)
  }

  static let goID = "Go's own build-id is a hash that the directory goes into, and stays"
  static let swiftHash = "Swift's hash of the module, its directory included, stays"

  /// The image and its separate debug file refer to each other: by checksum here, by build-id there.
  private static func debugLink(_ image: ElfImage, _ hits: [Hit]) -> Note? {
    guard !hits.isEmpty, let link = image.section(named: ".gnu_debuglink") else { return nil }
    let name = (try? image.content(of: link))?.string(at: 0)?.array() ?? []
    return Note(
      "the separate debug file \(String(decoding: name, as: UTF8.self)) no longer fits the fixed image unless both "
        + "are given to the same fix",
      at: Place(section: link.name), divergence: .debugInfo)
  }

  private static func separateDebugFile(_ image: ElfImage, _ hits: [Hit]) -> Note? {
    guard !hits.isEmpty, image.isSeparateDebugFile, !image.buildIDs.isEmpty else { return nil }
    return Note(
      "the image that this separate debug file belongs to no longer finds it after the fix unless both are given to "
        + "the same fix",
      at: Place(section: "build-id", offset: UInt64(image.buildIDs[0].lowerBound)))
  }

  /// The supplementary file's build-id is in every file that uses it, and depends on the path.
  private static func supplementaryLink(_ image: ElfImage, _ hits: [Hit]) -> Note? {
    guard !hits.isEmpty, let link = SupplementaryLink(image) else { return nil }
    return Note(
      "the build-id of the supplementary file \(link.name) differs between builds, and stays unless both files are "
        + "given to the same fix; better run dwz -m after fix, not before",
      at: Place(section: ".gnu_debugaltlink"), divergence: .debugInfo)
  }

  private static func supplementaryFile(_ image: ElfImage, _ hits: [Hit]) -> Note? {
    guard !hits.isEmpty, image.isSupplementary, !image.buildIDs.isEmpty else { return nil }
    return Note(
      "the build-id stays, because other files find this one by it, unless they are given to the same fix; better "
        + "run dwz -m after fix, not before",
      at: Place(section: "build-id", offset: UInt64(image.buildIDs[0].lowerBound)), divergence: .debugInfo)
  }

  /// The embedded image has a copy of the old build-id, whether it holds a root or not.
  private static func miniDebugInfo(_ image: ElfImage, _ hits: [Hit]) -> Note? {
    guard !hits.isEmpty, let section = image.sections.first(where: \.isMiniDebugInfo) else { return nil }
    return Note(
      "the image that xz compressed in here keeps a copy of the old build-id, which differs between builds; "
        + "make it after fix, not before",
      at: Place(section: section.name), divergence: .debugInfo)
  }

  /// gcc adds a random number to the names of these sections and compresses their paths, so no search sees them.
  private static func intermediateCode(_ image: ElfImage) -> Note? {
    let sections = image.sections.filter(\.isLTO)
    guard let first = sections.first else { return nil }
    return Note(
      "\(Self.count(sections.count, "section")) of link-time optimization differ with every build; prevent with "
        + "-frandom-seed=<file> and -ffile-prefix-map=<build directory>=., or build with -fno-lto",
      at: Place(section: first.name), divergence: .anywhere)
  }

  /// gold names the base version of a library without a soname after the output's path, and hashes that name.
  private static func versionDefinition(_ image: ElfImage, _ regions: [Region], _ hits: [Hit]) -> Note? {
    guard let definitions = image.section(named: ".gnu.version_d"), let range = definitions.fileRange,
      Int(definitions.link) < image.sections.count
    else { return nil }
    let strings = image.sections[Int(definitions.link)]
    let roots = hits.filter { regions[$0.region].section == strings.index }.map(\.root.range)
    guard !roots.isEmpty, let text = strings.fileRange.map({ image.bytes[$0] }) else { return nil }
    let content = image.bytes[range]
    let names = (try? names(in: content, image.header.order)) ?? []
    let isRoot = names.contains { name in
      guard let string = text.string(at: name) else { return false }
      return roots.contains { $0.overlaps(Int(name)..<Int(name) + string.count) }
    }
    guard isRoot else { return nil }
    return Note(
      "a version is named after the output's path, and its hash stays; prevent with -Wl,-soname=<name>",
      at: Place(section: definitions.name), divergence: .anywhere)
  }

  /// Offsets of the names into the linked string table (gABI "Symbol Versioning", `Elfxx_Verdef`).
  private static func names(in content: Bytes, _ order: ByteOrder) throws(ScrubError) -> [UInt64] {
    var reader = Reader(content.span, order: order, section: ".gnu.version_d")
    var names: [UInt64] = []
    while true {
      let start = reader.offset
      try reader.skip(12)
      let auxiliary = Int(try reader.u32())
      let next = Int(try reader.u32())
      try reader.seek(to: start + auxiliary)
      names.append(UInt64(try reader.u32()))
      // Entries follow each other; a step backwards would loop forever.
      guard next > 0 else { return names }
      try reader.seek(to: start + next)
    }
  }

  /// A detail: all builds on one machine use the same TMPDIR, and every `__FILE__` and assert would report it.
  static func loadedLength(
    _ regions: [Region], _ hits: [Hit], isLoaded: (Region) -> Bool
  ) -> Note? {
    let names = names(regions, hits, isLoaded)
    guard let first = names.first else { return nil }
    return Note(
      "paths in \(names.joined(separator: ", ")) keep their length: this file converges only with builds whose "
        + "directory's name is as long; prevent with a TMPDIR of one length, or -ffile-prefix-map=<build directory>=.",
      at: Place(section: first), isDetail: true)
  }

  /// Names of regions with hits, each once.
  private static func names(_ regions: [Region], _ hits: [Hit], _ counts: (Region) -> Bool) -> [String] {
    var seen: Set<Int> = []
    // Section names need not be unique.
    var known: Set<String> = []
    var names: [String] = []
    for hit in hits where seen.insert(hit.region).inserted {
      let region = regions[hit.region]
      if counts(region), known.insert(region.name).inserted { names.append(region.name) }
    }
    return names
  }

  /// The length of bytes that nothing loads also depends on the directory if a string is not an entry of a rebuilt
  /// table: `DW_FORM_string` of assemblers, stabs, command lines. Few files have such strings, so this is not a detail.
  static func inlineLength(
    _ image: ElfImage, _ regions: [Region], _ hits: [Hit], _ fates: [Finding.Fate]
  ) -> Note? {
    let loaded = image.loadedRanges()
    let debugger = DebuggerSections(image)
    var isAnywhere = false
    let note = inlineLength(regions, hits, fates) { region in
      guard let index = region.section else { return false }
      let section = image.sections[index]
      guard !isDebugTable(section.debugName), !(region.fileRange.map { loaded.overlaps($0) } ?? false) else {
        return false
      }
      // A program that reads its own file, or a linker, sees it as well.
      if !debugger[index] { isAnywhere = true }
      return true
    }
    guard var note else { return nil }
    if isAnywhere { note.divergence = .anywhere }
    return note
  }

  /// - Parameter counts: whether nothing loads a region.
  static func inlineLength(
    _ regions: [Region], _ hits: [Hit], _ fates: [Finding.Fate], _ counts: (Region) -> Bool
  ) -> Note? {
    let names = names(regions, zip(hits, fates).filter { $1 == .inPlace }.map(\.0), counts)
    guard let first = names.first else { return nil }
    return Note(
      "paths in \(names.joined(separator: ", ")) keep their length although nothing loads them: this file converges only "
        + "with builds whose directory's name is as long; prevent with a TMPDIR of one length, or with relative names on "
        + "the command lines of assembler and compiler",
      at: Place(section: first), divergence: .debugInfo)
  }

  /// Whether it is a table that is reported separately if it is not rebuilt.
  static func isDebugTable(_ name: String?) -> Bool {
    ReferenceTarget.allCases.contains { $0.sectionName == name }
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
