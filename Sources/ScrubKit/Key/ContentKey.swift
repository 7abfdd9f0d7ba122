internal import CElf

/// What one content is after `fix`.
struct ContentKey: Hashable, Sendable {
  /// SHA-256.
  var digest: [UInt8]
  /// How much it is about: `full` where a smaller part cannot be told from the rest.
  var level: KeyLevel
  /// False for what only debuggers read.
  var isLoaded = true
}

/// Makes keys of contents that `fix` has been through, wherever they stand: a file, a member, a slice.
struct ContentKeys: Sendable {
  let level: KeyLevel

  func key(of content: Bytes) -> ContentKey {
    do throws(ScrubError) {
      return try understood(content)
    } catch {
      // What cannot be taken apart counts as a whole. That separates more than it has to, never less.
      return whole(content)
    }
  }

  /// Every byte counts.
  func whole(_ content: Bytes, kind: String = "data", isLoaded: Bool = true) -> ContentKey {
    var writer = KeyWriter(kind, .full)
    writer.bytes(content)
    return ContentKey(digest: writer.finish(), level: .full, isLoaded: isLoaded)
  }

  private func understood(_ content: Bytes) throws(ScrubError) -> ContentKey {
    switch Magic(content) {
    case .elf: try elf(ElfImage(content))
    case .machO: try machO(MachOImage(content))
    case .universal: try universal(UniversalBinary(content))
    case .archive: try ArchiveKey(archive: StaticArchive(content), contents: self).key()
    case .bytecode: try bytecode(BytecodeImage(content))
    case .relocationMap: whole(content, isLoaded: false)
    case .zip, .other: whole(content)
    }
  }

  private func elf(_ image: ElfImage) throws(ScrubError) -> ContentKey {
    let isObject = image.header.type == ElfImage.relocatable
    let isDebugFile = image.isSeparateDebugFile
    // Section headers may lie, and a loader never looks at them: what has code or data to map is no debug file for sure.
    let isLoaded =
      isObject
      ? image.sections.contains(where: \.isLoaded)
      : image.segments.contains { segment in
        segment.isLoad && segment.claimedFileSize > 0
          && (!isDebugFile || segment.flags & UInt32(PF_X | PF_W) != 0)
      }
    let isWhole = level == .full || !isLoaded || isDebugFile || isObject && !image.segments.isEmpty
    guard !isWhole else { return whole(image.bytes, kind: "elf", isLoaded: isLoaded) }
    let digest = isObject ? try ObjectKey(image).digest() : LoadedElfKey(image: image).digest()
    return ContentKey(digest: digest, level: .runtime)
  }

  private func machO(_ image: MachOImage) throws(ScrubError) -> ContentKey {
    guard level == .runtime, !image.isDSYM, !image.isObject else {
      return ContentKey(digest: try MachOKey(image).full(), level: .full, isLoaded: !image.isDSYM)
    }
    return ContentKey(digest: try MachOKey(image).runtime(), level: .runtime)
  }

  /// The slices in their order; where they stand follows from their sizes.
  private func universal(_ binary: UniversalBinary) throws(ScrubError) -> ContentKey {
    let slices = binary.slices.map { key(of: binary.bytes[$0.range]) }
    var writer = KeyWriter("universal binary", level)
    writer.list(slices.count)
    for (slice, key) in zip(binary.slices, slices) {
      // cputype and cpusubtype.
      writer.bytes(binary.bytes[slice.entry..<slice.entry + 8])
      writer.number(UInt64(slice.alignment))
      writer.key(key)
    }
    // Whoever hides bytes between slices has another file.
    let gaps = binary.ownRegions.filter { $0.name == "gap" && !$0.content.isZero }
    writer.list(gaps.count)
    for gap in gaps { writer.bytes(gap.content) }
    let isLoaded = slices.contains(where: \.isLoaded)
    let isRuntime = slices.contains { $0.level == .runtime }
    return ContentKey(
      digest: writer.finish(), level: isRuntime ? level : .full, isLoaded: isLoaded)
  }

  /// At run time the objects count, whatever they share, with their file names, which tracebacks show; not what the
  /// header tells of the source.
  private func bytecode(_ image: BytecodeImage) throws(ScrubError) -> ContentKey {
    guard level == .runtime else { return whole(image.bytes, kind: "bytecode") }
    var graph = MarshalGraph(sharesEverything: false)
    let root = graph.add(image, names: [:])
    var writer = KeyWriter("bytecode", .runtime)
    let header = 0..<image.header.version.headerSize
    writer.stretch(image.bytes, header, masking: [4..<header.upperBound])
    writer.bytes(graph.write(root: root))
    return ContentKey(digest: writer.finish(), level: .runtime)
  }
}
