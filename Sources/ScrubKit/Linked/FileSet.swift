internal import BuildRoots
import Formats

/// The input files of one `fix`, and which of them belong together: an image and its separate debug file, skeletons and
/// their `.dwo` and `.dwp` files, files named after their build-id, and a generated source with its bytecode.
///
/// `LinkedMembers` handles what belongs together inside a wheel; here it only matters whether outside files belong to
/// one of its members.
struct FileSet: Sendable {
  /// Files that are all written or not at all.
  struct Group: Sendable {
    let files: [InputFile]
    /// Their indices in the list that the set was made from, ascending.
    let indices: [Int]
    /// The index in `files` of the wheel that all others belong to; nil if all are loose. If set, only `notes` of the
    /// following properties is used.
    var wheel: Int?
    /// Groups of `files` that are sealed together; all others are sealed alone.
    let clusters: [[Int]]
    let targets: [Int: [Int]]
    let supplements: [Int: [Int]]
    let companions: [LinkedFiles]
    fileprivate(set) var notes: [Int: [Note]]
  }

  private(set) var groups: [Group] = []

  /// Reads headers only, and units only if split ones are among them. A file that cannot be read belongs to no group;
  /// whoever processes it reports the error.
  ///
  /// Members of wheels are inflated for it, and only where there are loose images beside wheels.
  init(_ files: [InputFile], options: Options) {
    let loose = options.workers.map(files) { Self.facts($0) }
    let members =
      loose.contains { $0.facts != nil } ? LinkedMember.all(files, loose.map(\.kind), options) : []
    let facts = loose + members.map { Facts(kind: $0.kind, facts: $0.facts) }
    let paths = files.map(\.path) + members.map(\.member.name)
    @Sendable func content(_ index: Int) throws(ScrubError) -> Bytes {
      index < files.count
        ? try MappedFile.open(files[index].path).bytes : try members[index - files.count].member.content()
    }
    let relations = Relations(zip(paths, facts).map { ($0, $1.facts) }) { index in
      index < files.count
        ? (try? content(index)).map { Inflate.crc32($0) } : members[index - files.count].member.crc
    }
    let identities = Self.identities(facts, options, content)

    // Which files belong together, for whatever reason.
    var sets = DisjointSets(facts.count)
    for cluster in relations.clusters {
      for index in cluster.dropFirst() { sets.join(cluster[0], index) }
    }
    for users in identities.users.values {
      for index in users.dropFirst() { sets.join(users[0], index) }
    }
    for (source, bytecode) in Self.compiled(files) {
      for index in bytecode { sets.join(source, index) }
    }
    for (number, member) in members.enumerated() { sets.join(member.wheel, files.count + number) }
    let hasAmbiguous = !identities.ambiguous.isEmpty
    let areWheels = Set(members.map(\.wheel))
    for all in sets.sets {
      var members = all.filter { $0 < files.count }
      let wheels = members.filter { areWheels.contains($0) }
      if wheels.count == 1, members.count == 1 { continue }
      if wheels.count > 1 { members.removeAll { areWheels.contains($0) } }
      let isNamed = members.contains { index in
        BuildIDPath(files[index].path, ids: facts[index].facts?.buildIDs ?? []) != nil
      }
      let isNoted = members.contains { relations.notes[$0] != nil || hasAmbiguous && facts[$0].mayBeSplit }
      guard members.count > 1 || isNamed || isNoted || wheels.count > 1 && !members.isEmpty else { continue }
      var group = Self.group(members, files, facts, relations, identities)
      if wheels.count == 1 { group.wheel = members.firstIndex(of: wheels[0]) }
      if wheels.count > 1 { group.isSharedByWheels() }
      groups.append(group)
    }
  }

  private static func group(
    _ members: [Int], _ files: [InputFile], _ facts: [Facts], _ relations: Relations,
    _ identities: SplitIdentities
  ) -> Group {
    let places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1, $0) })
    func local(_ indices: [Int]) -> [Int] { indices.compactMap { places[$0] } }
    var targets: [Int: [Int]] = [:]
    var supplements: [Int: [Int]] = [:]
    let used = Set(relations.supplements.values.joined())
    var notes: [Int: [Note]] = [:]
    let linked = Set(relations.targets.values.joined())
    var companions: [LinkedFiles] = []
    let clusters = relations.clusters.map { $0.filter { places[$0] != nil } }.filter { $0.count > 1 }
    let paired = Set(clusters.joined())
    for (place, index) in members.enumerated() {
      targets[place] = relations.targets[index].map(local)
      supplements[place] = relations.supplements[index].map(local)
      notes[place] = relations.notes[index]
      companions.append(
        LinkedFiles(
          splitIDs: identities.ids(in: index), ambiguousIDs: identities.ambiguous,
          hasDebugFile: relations.targets[index] != nil,
          hasImage: linked.contains(index) || paired.contains(index),
          hasSupplementaryFile: relations.supplements[index] != nil, hasUsers: used.contains(index),
          isGrafted: LinkedFiles.isGrafted(files[index].path)))
    }
    return Group(
      files: members.map { files[$0] }, indices: members, clusters: clusters.map(local), targets: targets,
      supplements: supplements, companions: companions, notes: notes)
  }

  private struct Facts: Sendable {
    var kind = FileKind.other
    var facts: LinkFacts?

    /// An archive's members are examined only if there is a split unit somewhere.
    var mayBeSplit: Bool { kind == .archive || facts?.hasDebugInfo == true }
  }

  private static func facts(_ input: InputFile) -> Facts {
    // The walk has determined its kind, which says nothing about other files.
    if let kind = input.kind, [.bytecode, .other, .zip].contains(kind) { return Facts(kind: kind) }
    guard let file = try? MappedFile.open(input.path) else { return Facts() }
    let kind = FileKind.of(file.bytes)
    // An error here occurs again, and is reported, when the file is processed alone.
    let facts = try? Effort.within(file.bytes.count) { kind.facts(of: file.bytes) }
    return Facts(kind: kind, facts: facts ?? nil)
  }

  /// Generated sources, and the bytecode among the files that may change with them (`CompiledSource`).
  private static func compiled(_ files: [InputFile]) -> [(source: Int, bytecode: [Int])] {
    let sources = files.indices.filter { index in
      files[index].path.hasSuffix(".py") && GeneratedText.rule(of: files[index].path) != nil
    }
    guard !sources.isEmpty else { return [] }
    let places = Dictionary(files.indices.map { (files[$0].path, $0) }) { first, _ in first }
    return sources.map { ($0, PythonSource.bytecode(of: files[$0].path).compactMap { places[$0] }) }
  }

  private static func identities(
    _ facts: [Facts], _ options: Options, _ content: @escaping @Sendable (Int) throws(ScrubError) -> Bytes
  ) -> SplitIdentities {
    guard facts.contains(where: { $0.facts?.hasSplitUnits == true }) else { return SplitIdentities([]) }
    let candidates = facts.indices.filter { facts[$0].mayBeSplit }
    let found = options.workers.map(candidates) { index in
      guard let bytes = try? content(index) else { return [SplitUnits]() }
      let units = try? Effort.within(bytes.count) { SplitUnits.all(in: bytes, roots: options.roots) }
      return units ?? []
    }
    return SplitIdentities(Array(zip(candidates, found)))
  }
}

extension FileSet.Group {
  /// All files, in their order.
  func open() throws(ScrubError) -> [MappedFile] {
    var opened: [MappedFile] = []
    for file in files { opened.append(try MappedFile.open(file.path)) }
    return opened
  }

  /// The files outside the wheel, with their places in the group.
  func parts(
    of opened: [MappedFile], around wheel: Int, _ options: Options
  ) -> (places: [Int], parts: [Part]) {
    let places = files.indices.filter { $0 != wheel }
    let parts = places.map { place in
      let file = opened[place]
      let own = options.narrowed(to: Place(path: file.path), isExplicit: true) ?? options
      return Part(name: file.path, bytes: file.bytes, options: own)
    }
    return (places, parts)
  }

  /// Notes why files that belong to images of several wheels are left unchanged.
  fileprivate mutating func isSharedByWheels() {
    for place in files.indices {
      notes[place, default: []].append(
        Note(
          "belongs to images of several wheels and is not sealed with any of them; give fix one of them at a time",
          at: Place()))
    }
  }
}

extension SplitUnits {
  /// The split units of an image, or of an archive's images. An image that cannot be read has none here; editing it
  /// reports the error.
  static func all(in bytes: Bytes, roots: RootMap) -> [SplitUnits] {
    func units(of image: Bytes) -> SplitUnits? {
      guard let groups = try? ElfImage(image).debugGroups() else { return nil }
      return try? SplitUnits(groups, roots: roots)
    }
    guard FileKind.of(bytes) == .archive else { return units(of: bytes).map { [$0] } ?? [] }
    guard let archive = try? StaticArchive(bytes) else { return [] }
    return archive.files.map { archive.content(of: $0) }.filter { FileKind.of($0) == .elf }.compactMap(units)
  }
}

/// A file named after its build-id: `.build-id/ab/cdef01.debug` (GDB manual, "Separate Debug Files").
struct BuildIDPath: Sendable {
  /// Up to and including the slash before the two digits.
  private let directory: Substring
  private let digits: Substring
  /// From the dot on.
  private let suffix: Substring
  private let id: [UInt8]

  /// Nil for any other path.
  init?(_ path: String, ids: [[UInt8]]) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[parts.count - 3] == ".build-id", let name = parts.last else { return nil }
    let digits = name.prefix { $0 != "." }
    let named = parts[parts.count - 2] + digits
    guard let id = ids.first(where: { Self.hex($0) == named }) else { return nil }
    self.digits = digits
    suffix = name[digits.endIndex...]
    directory = path.dropLast(parts[parts.count - 2].count + 1 + name.count)
    self.id = id
  }

  /// The last two components as they are.
  var name: String { Self.tail(id, suffix) }

  /// The last two components that the file must have.
  func name(for ids: [[UInt8]]) -> String {
    Self.tail(ids.first { $0.count == id.count } ?? id, suffix)
  }

  /// `path` with its last components replaced. An output path may begin below the directory of the two digits; then
  /// only the components that are present are replaced.
  func renamed(_ path: String, for ids: [[UInt8]]) -> String {
    let new = name(for: ids).split(separator: "/")
    var parts = path.split(separator: "/", omittingEmptySubsequences: false)
    parts[parts.count - 1] = new[1]
    let old = name.split(separator: "/")[0]
    if parts.count > 1, parts[parts.count - 2] == old { parts[parts.count - 2] = new[0] }
    return parts.joined(separator: "/")
  }

  /// The new path of the image that becomes `output`; nil if its name does not change.
  func change(to output: Bytes) throws(ScrubError) -> String? {
    let ids = try ElfImage(output).buildIDContents
    return name == name(for: ids) ? nil : directory + name(for: ids)
  }

  private static func tail(_ id: [UInt8], _ suffix: Substring) -> String {
    let text = hex(id)
    return "\(text.prefix(2))/\(text.dropFirst(2))\(suffix)"
  }

  static func hex(_ id: [UInt8]) -> String {
    id.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
