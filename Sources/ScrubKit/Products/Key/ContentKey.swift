internal import CElf
import Formats

/// The key of one content after `fix`.
struct ContentKey: Hashable, Sendable {
  /// SHA-256.
  var digest: [UInt8]
  /// What it covers: `full` if a smaller part cannot be distinguished from the rest.
  var level: KeyLevel
  /// False if only debuggers read it.
  var isLoaded = true
}

/// Makes keys of contents that `fix` has processed: a file, a member, a slice.
struct ContentKeys: Sendable {
  let level: KeyLevel
  /// Whether ids are kept, however they were made (`--build-id keep`), and so count.
  var keepsIDs = false

  /// - Parameter path: of the file or member.
  func key(of content: Bytes, path: String = "") -> ContentKey {
    do throws(ScrubError) {
      return try understood(content, path)
    } catch {
      // Content that cannot be parsed counts as a whole. That separates more than necessary, never less.
      return whole(content)
    }
  }

  /// Every byte counts: two contents have the same key of level `full` if and only if they are equal.
  func whole(_ content: Bytes, isLoaded: Bool = true) -> ContentKey {
    var writer = KeyWriter("content", .full)
    writer.bytes(content)
    return ContentKey(digest: writer.finish(), level: .full, isLoaded: isLoaded)
  }

  private func understood(_ content: Bytes, _ path: String) throws(ScrubError) -> ContentKey {
    guard level == .runtime else {
      guard !keepsIDs, FileKind.of(content) == .elf else { return whole(content) }
      let ids = try ElfImage(content).derivedIDs(path: path)
      if ids.isEmpty { return whole(content) }
      var writer = KeyWriter("image with ids of its own bytes", .full)
      writer.stretch(content, 0..<content.count, masking: ids)
      return ContentKey(digest: writer.finish(), level: .full)
    }
    return try FileKind.of(content).key(of: content, self) ?? whole(content)
  }

  func elf(_ image: ElfImage) throws(ScrubError) -> ContentKey {
    let debugger = DebuggerSections(image)
    let isObject = image.header.type == ElfImage.relocatable
    let isDebugFile = image.isSeparateDebugFile
    // Section headers may lie, and a loader ignores them: a file with code or data to map is certainly not a debug
    // file.
    let isMapped =
      isObject
      ? image.sections.contains(where: \.isLoaded)
      : image.segments.contains { segment in
        segment.isLoad && segment.claimedFileSize > 0
          && (!isDebugFile || segment.flags & UInt32(PF_X | PF_W) != 0)
      }
    // Nor is a file that holds more than debug info; debug files also have the compiler's name.
    let isLoaded =
      isMapped
      || image.sections.contains { section in
        section.fileRange != nil && !section.isLoaded && !debugger[section.index]
          && section.name != ".comment"
      }
      || !image.strayBytes().isEmpty
    guard isMapped, !isDebugFile, !isObject || image.segments.isEmpty else {
      return whole(image.bytes, isLoaded: isLoaded)
    }
    let digest =
      isObject
      ? try ObjectKey(image, debugger).digest() : try LoadedElfKey(image, debugger).digest()
    return ContentKey(digest: digest, level: .runtime)
  }

  func machO(_ image: MachOImage) throws(ScrubError) -> ContentKey {
    if image.isDSYM { return whole(image.bytes, isLoaded: image.carriesMoreThanDebugInfo) }
    if image.isObject { return whole(image.bytes) }
    return ContentKey(digest: try MachOKey(image).digest(), level: .runtime)
  }

  /// The slices in order; their offsets depend on their sizes.
  func universal(_ binary: UniversalBinary) throws(ScrubError) -> ContentKey {
    let slices = binary.slices.map { key(of: binary.bytes[$0.range]) }
    guard slices.contains(where: { $0.level == .runtime }) else {
      return whole(binary.bytes, isLoaded: slices.contains(where: \.isLoaded))
    }
    var writer = KeyWriter("universal binary", .runtime)
    writer.flag(binary.is64)
    writer.list(slices.count)
    for (slice, key) in zip(binary.slices, slices) {
      // cputype and cpusubtype.
      writer.bytes(binary.bytes[slice.entry..<slice.entry + 8])
      writer.number(UInt64(slice.alignment))
      // The kernel refuses a slice at any other offset.
      writer.flag(slice.range.lowerBound % slice.alignment == 0)
      // `reserved`.
      writer.bytes(binary.bytes[slice.entry + 20..<slice.entry + (binary.is64 ? 32 : 20)])
      writer.key(key)
    }
    // If bytes are hidden between slices, the file differs.
    let header = 0..<(binary.slices.map { $0.entry + (binary.is64 ? 32 : 20) }.max() ?? 0)
    StrayBytes(binary.bytes, owned: FileRanges([header] + binary.slices.map(\.range))).write(to: &writer)
    return ContentKey(digest: writer.finish(), level: .runtime)
  }

  /// At run time the objects count, however they are shared, with their file names, which tracebacks show; not what the
  /// header says about the source.
  func bytecode(_ image: BytecodeImage) throws(ScrubError) -> ContentKey {
    // No import reads the bytes after the code object, but the program itself can.
    guard image.trailing.isEmpty else { return whole(image.bytes) }
    var graph = MarshalGraph(sharesEverything: false)
    let root = graph.add(image, names: [:])
    var writer = KeyWriter("bytecode", .runtime)
    let header = 0..<image.header.version.headerSize
    writer.stretch(image.bytes, header, masking: [4..<header.upperBound])
    writer.bytes(graph.write(root: root))
    return ContentKey(digest: writer.finish(), level: .runtime)
  }
}
