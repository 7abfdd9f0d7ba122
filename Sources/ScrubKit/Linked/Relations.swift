import Formats

/// What an image says about other files that belong to it.
struct LinkFacts: Sendable {
  /// Size of the file in bytes.
  var size: Int
  var buildIDs: [[UInt8]]
  /// The UUIDs of a Mach-O file's slices.
  var uuids: [[UInt8]] = []
  /// Whether it is the file in a dSYM bundle, which has the UUIDs of the image it was made from.
  var isDSYM = false
  var debugLink: DebugLink?
  /// The build-id of the supplementary file that it uses.
  var supplementaryID: [UInt8]?
  var isSupplementary: Bool
  /// Whether it holds units without their skeletons.
  var hasSplitUnits: Bool
  /// Whether it may hold skeletons.
  var hasDebugInfo: Bool

  /// Nil if it is not an image or cannot be read as one; whoever processes it reports the error.
  init?(_ bytes: Bytes) {
    guard let facts = FileKind.of(bytes).facts(of: bytes) else { return nil }
    self = facts
  }

  init(_ image: MachOImage) {
    size = image.bytes.count
    buildIDs = []
    isSupplementary = false
    uuids = image.uuid.map { [$0] } ?? []
    isDSYM = image.isDSYM
    hasSplitUnits = false
    hasDebugInfo = false
  }

  /// For a universal binary.
  init(joining slices: [LinkFacts], size: Int) {
    self.size = size
    buildIDs = []
    isSupplementary = false
    uuids = slices.flatMap(\.uuids)
    isDSYM = slices.contains(where: \.isDSYM)
    hasSplitUnits = false
    hasDebugInfo = false
  }

  init(_ image: ElfImage) {
    size = image.bytes.count
    buildIDs = image.buildIDContents
    debugLink = DebugLink(image)
    supplementaryID = SupplementaryLink(image)?.buildID
    isSupplementary = image.isSupplementary
    hasSplitUnits = image.sections.contains { $0.isSplitDebug && $0.debugName == ".debug_info" }
    hasDebugInfo = hasSplitUnits || image.sections.contains { $0.debugName == ".debug_info" }
  }
}

extension ElfImage {
  var linkFacts: LinkFacts { LinkFacts(self) }
}

extension MachOImage {
  var linkFacts: LinkFacts { LinkFacts(self) }
}

/// Which images of one invocation, or of one wheel, must be sealed together: those with the same build-id, a
/// `.gnu_debuglink` with the file that it names, and a `.gnu_debugaltlink` with the file whose build-id it holds.
struct Relations: Sendable {
  /// Indices of images, ascending; only clusters of two or more.
  private(set) var clusters: [[Int]] = []
  /// Where each debug link leads: copies of one file.
  private(set) var targets: [Int: [Int]] = [:]
  /// The supplementary file of each user: copies of one file.
  private(set) var supplements: [Int: [Int]] = [:]
  /// Notes on links that led nowhere before, by image.
  private(set) var notes: [Int: [Note]] = [:]

  /// An id shared by more images than this does not identify one program: it was set by hand.
  private static let largestFamily = 32

  /// - Parameters:
  ///   - files: path, and facts if the file is an image that can be read.
  ///   - checksum: the CRC-32 of a file's bytes; nil if it cannot be read.
  init(_ files: [(path: String, facts: LinkFacts?)], checksum: (Int) -> UInt32?) {
    var groups = DisjointSets(files.count)
    var families: [[UInt8]: [Int]] = [:]
    for (index, file) in files.enumerated() {
      for id in file.facts?.buildIDs ?? [] { families[id, default: []].append(index) }
    }
    for family in families.values where family.count > 1 && family.count <= Self.largestFamily {
      // Identical copies each get the same id on their own, and need not be in memory together.
      let sizes = Set(family.map { files[$0].facts?.size })
      if sizes.count == 1, Set(family.map(checksum)).count == 1 { continue }
      for other in family.dropFirst() { groups.join(family[0], other) }
    }
    joinBundles(files, &groups)
    if files.contains(where: { $0.facts?.debugLink != nil }) {
      var named: [String: [Int]] = [:]
      for (index, file) in files.enumerated() {
        named[AtomicWrite.split(file.path).name, default: []].append(index)
      }
      for (index, file) in files.enumerated() {
        guard let link = file.facts?.debugLink else { continue }
        let candidates = (named[link.name] ?? []).filter { $0 != index }
        follow(link, of: index, candidates, files, checksum, &groups)
      }
    }
    for (index, file) in files.enumerated() {
      guard let id = file.facts?.supplementaryID else { continue }
      let shared = (families[id] ?? []).filter { files[$0].facts?.isSupplementary == true && $0 != index }
      for other in shared { groups.join(index, other) }
      if !shared.isEmpty { supplements[index] = shared }
    }
    clusters = groups.sets.filter { $0.count > 1 }
  }

  /// A dSYM bundle's file and the images that have its UUIDs.
  private func joinBundles(_ files: [(path: String, facts: LinkFacts?)], _ groups: inout DisjointSets) {
    var images: [[UInt8]: [Int]] = [:]
    for (index, file) in files.enumerated() where file.facts?.isDSYM == false {
      for uuid in file.facts?.uuids ?? [] { images[uuid, default: []].append(index) }
    }
    for (index, file) in files.enumerated() where file.facts?.isDSYM == true {
      for uuid in file.facts?.uuids ?? [] {
        for image in (images[uuid] ?? []).prefix(Self.largestFamily) { groups.join(index, image) }
      }
    }
  }

  private mutating func follow(
    _ link: DebugLink, of index: Int, _ candidates: [Int], _ files: [(path: String, facts: LinkFacts?)],
    _ checksum: (Int) -> UInt32?, _ groups: inout DisjointSets
  ) {
    // Any number of copies may match: they become identical copies again.
    let fitting = candidates.filter { checksum($0) == link.checksum }
    for target in fitting { groups.join(index, target) }
    if !fitting.isEmpty {
      targets[index] = fitting
      return
    }
    // Where a debugger would have looked (GDB manual, "Separate Debug Files").
    let directory = AtomicWrite.split(files[index].path).directory
    let near = candidates.filter { candidate in
      let place = AtomicWrite.split(files[candidate].path).directory
      return place == directory || place == "\(directory)/.debug"
    }
    for candidate in near {
      // A damaged partner stops the whole pair, so that its counterpart is not written alone.
      if files[candidate].facts == nil { groups.join(index, candidate) }
      notes[index, default: []].append(
        Note(
          "the checksum is not that of \(files[candidate].path): the link was broken before, and stays so",
          at: Place(section: ".gnu_debuglink", offset: 0)))
    }
  }
}

extension [Int: [Int]] {
  /// The relations among some of the files, by their indices in a cluster.
  func within(_ places: [Int: Int]) -> [Int: [Int]] {
    Dictionary(
      uniqueKeysWithValues: places.compactMap { index, place in
        self[index].map { (place, $0.compactMap { places[$0] }) }
      })
  }
}

/// Union-find over the numbers below a bound.
struct DisjointSets {
  private var parents: [Int]

  init(_ count: Int) { parents = Array(0..<count) }

  private mutating func root(_ index: Int) -> Int {
    var index = index
    while parents[index] != index {
      parents[index] = parents[parents[index]]
      index = parents[index]
    }
    return index
  }

  mutating func join(_ one: Int, _ other: Int) {
    let (a, b) = (root(one), root(other))
    // The smaller number becomes the root, so that the order of joins does not matter.
    parents[max(a, b)] = min(a, b)
  }

  /// All sets, each ascending, ordered by their smallest number.
  var sets: [[Int]] {
    var copy = self
    var members: [Int: [Int]] = [:]
    for index in parents.indices { members[copy.root(index), default: []].append(index) }
    return members.sorted { $0.key < $1.key }.map(\.value)
  }
}
