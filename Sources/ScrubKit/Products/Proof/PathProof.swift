internal import BuildRoots
import Formats

/// Whether a file, wheel or tree differs from its original only in build roots, each with its intended replacement, and
/// in seals, each of which matches the new bytes.
///
/// Nothing is taken from `fix` except the rules: neither a plan nor its report of what it did. Both sides are read and
/// compared.
public struct PathProof: Sendable {
  let options: Options

  /// - Parameter options: those that `fix` used.
  public init(_ options: Options) { self.options = options }

  /// Compares; writes nothing. Errors are in the report.
  public func run(_ original: String, _ fixed: String) -> ProofReport {
    var report = ProofReport(original: original, fixed: fixed)
    do throws(ScrubError) {
      let proof: Proof
      switch (try Artifact.open(original), try Artifact.open(fixed)) {
      case (.file(let one), .file(let other)):
        proof = try compare(one, other)
        report.isIdentical = one.bytes == other.bytes
      case (.directory, .directory): proof = try TreeProof(original, fixed, options: options).compare()
      case (let one, let other):
        throw ScrubError(
          "needs two artifacts of one kind, \(original) is \(one.kind), \(fixed) is \(other.kind)")
      }
      let seals = SealedImages(images: proof.images).judge()
      report.roots = proof.roots
      report.seals = proof.seals + seals.seals
      report.violations = proof.violations + seals.violations
    } catch {
      report.errors.append(error)
    }
    return report
  }

  /// Two loose files, or two wheels.
  func compare(_ one: MappedFile, _ other: MappedFile) throws(ScrubError) -> Proof {
    try Effort.within(one.bytes.count + other.bytes.count) { () throws(ScrubError) in
      try prove(one, other)
    }
  }

  private func prove(_ one: MappedFile, _ other: MappedFile) throws(ScrubError) -> Proof {
    let place = Place(path: one.path)
    var proof = Proof()
    guard let options = options.narrowed(to: place, isExplicit: true) else { return proof }
    do throws(ScrubError) {
      if FileKind.of(one.bytes) == .zip, one.path.hasSuffix(".whl") || FileKind.of(other.bytes) == .zip {
        if one.bytes != other.bytes { proof = try compareWheels(one, other, options) }
      } else {
        let input = InputFile(explicit: one.path)
        proof = try ContentProof(
          options: options, surroundings: BytecodeScrub.Surroundings(input),
          text: Text(of: input, one.bytes).rule
        ).compare(one.bytes, other.bytes)
      }
    } catch { throw error.inside(path: one.path) }
    for index in proof.images.indices where proof.images[index].place.member == nil {
      proof.images[index].fileName = AtomicWrite.split(other.path).name
    }
    return proof.placed { $0.path = other.path }
  }

  private func compareWheels(
    _ one: MappedFile, _ other: MappedFile, _ options: Options
  ) throws(ScrubError) -> Proof {
    let before = try Wheel(one)
    do throws(ScrubError) {
      let after = try Wheel(other)
      return try WheelProof(before: before, after: after, options: options).compare()
    } catch {
      try error.rethrowRefusal()
      // An error in the original was reported above, or names it.
      guard error.place.path != one.path else { throw error }
      var proof = Proof()
      proof.object(error)
      return proof
    }
  }
}

/// Two directory trees: every file of any kind. Owners and times of files do not count: no copy keeps them.
struct TreeProof {
  private let one: String
  private let other: String
  private let options: Options

  init(_ one: String, _ other: String, options: Options) {
    self.one = one
    self.other = other
    self.options = options
  }

  private enum Step: Sendable {
    case object(String, name: String)
    case compare(String, with: String)
  }

  func compare() throws(ScrubError) -> Proof {
    let (entries, others) = (try Self.entries(one), try Self.entries(other))
    let steps = try pair(entries, others)
    let results = options.workers.map(steps) { step in
      Result { () throws(ScrubError) in try run(step) }
    }
    var proof = Proof()
    var changed: [String: String] = [:]
    var records: [(String, String)] = []
    for (step, result) in zip(steps, results) {
      let (own, isChanged) = try result.get()
      proof.add(own)
      guard case .compare(let name, let newName) = step else { continue }
      if Self.isRecord(name) { records.append((name, newName)) } else if isChanged { changed[name] = newName }
    }
    for (name, newName) in records { proof.add(try record(name, newName, changed)) }
    return proof
  }

  private static func entries(_ top: String) throws(ScrubError) -> [String: DirectoryEntry] {
    Dictionary(try DirectoryEntry.all(below: top).map { ($0.path, $0.entry) }) { first, _ in first }
  }

  /// In byte order of the paths. A file named after its build-id is found under its new name.
  private func pair(
    _ entries: [String: DirectoryEntry], _ others: [String: DirectoryEntry]
  ) throws(ScrubError) -> [Step] {
    var steps: [Step] = []
    var added = Set(others.keys).subtracting(entries.keys)
    let names = entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for name in names {
      guard let entry = entries[name] else { continue }
      if let partner = others[name] {
        steps += compare(name, entry, name, partner)
      } else if case .file = entry,
        let newName = try renamed(name, among: added.filter { others[$0] != .directory }),
        let partner = others[newName]
      {
        added.remove(newName)
        steps += compare(name, entry, newName, partner)
      } else if entry != .directory || others.keys.contains(where: { $0.hasPrefix(name + "/") })
        || !isOfIDs(name)
      {
        steps.append(.object("is gone", name: name))
      }
    }
    for name in added.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    where !(others[name] == .directory && isOfIDs(name)) {
      steps.append(.object("is new", name: name))
    }
    return steps
  }

  /// Directories named after the first byte of build-ids appear and disappear with them.
  private func isOfIDs(_ name: String) -> Bool {
    name.split(separator: "/").dropLast().last == ".build-id"
  }

  private func compare(
    _ name: String, _ entry: DirectoryEntry, _ newName: String, _ partner: DirectoryEntry
  ) -> [Step] {
    switch (entry, partner) {
    case (.file(let mode), .file(let newMode)):
      let isSame = mode == newMode
      return [.compare(name, with: newName)]
        + (isSame
          ? []
          : [
            .object("the mode was \(String(mode, radix: 8)), is \(String(newMode, radix: 8))", name: newName)
          ])
    case _ where entry != partner: return [.object("was \(entry), is \(partner)", name: newName)]
    default: return []
    }
  }

  private func renamed(_ name: String, among added: Set<String>) throws(ScrubError) -> String? {
    guard name.contains(".build-id/") else { return nil }
    let file = try MappedFile.open(DirectoryEntry.join(one, name))
    guard let path = BuildIDPath(name, ids: LinkFacts(file.bytes)?.buildIDs ?? []) else { return nil }
    for candidate in added.sorted() {
      let partner = try MappedFile.open(DirectoryEntry.join(other, candidate))
      if FileKind.of(partner.bytes) == FileKind.of(file.bytes),
        (try? path.change(to: partner.bytes)) == candidate
      {
        return candidate
      }
    }
    return nil
  }

  private func run(_ step: Step) throws(ScrubError) -> (Proof, isChanged: Bool) {
    switch step {
    case .object(let message, let name):
      var proof = Proof()
      proof.violations.append(
        ProofViolation(message, at: Place(path: DirectoryEntry.join(other, name))))
      return (proof, false)
    case .compare(let name, let newName):
      let (file, partner) = (
        try MappedFile.open(DirectoryEntry.join(one, name)),
        try MappedFile.open(DirectoryEntry.join(other, newName))
      )
      if Self.isRecord(name) { return (Proof(), file.bytes != partner.bytes) }
      if options.paths.excludes(Place(path: file.path)), file.bytes != partner.bytes {
        var proof = Proof()
        proof.object("the file is excluded, and changed")
        return (proof.placed { $0.path = partner.path }, true)
      }
      return (try PathProof(options).compare(file, partner), file.bytes != partner.bytes)
    }
  }

  // MARK: RECORD

  private static func isRecord(_ name: String) -> Bool {
    let parts = name.split(separator: "/")
    return parts.last == "RECORD" && parts.dropLast().last?.hasSuffix(".dist-info") == true
  }

  private func record(_ name: String, _ newName: String, _ changed: [String: String]) throws(ScrubError)
    -> Proof
  {
    let (file, partner) = (
      try MappedFile.open(DirectoryEntry.join(one, name)),
      try MappedFile.open(DirectoryEntry.join(other, newName))
    )
    let top = name.split(separator: "/").dropLast(2).joined(separator: "/")
    let prefix = top.isEmpty ? "" : top + "/"
    let record = try Record(file.bytes, name: name)
    var proof = Proof()
    do throws(ScrubError) {
      proof = RecordProof(
        changed: { path in
          guard let newName = changed[prefix + path] else { return nil }
          return (try? MappedFile.open(DirectoryEntry.join(other, newName)))?.bytes
        },
        renamed: { changed[prefix + $0].map { String($0.dropFirst(prefix.count)) } }, isGone: { _ in false },
        mayCorrect: options.fixRecord
      ).compare(record, try Record(partner.bytes, name: newName))
    } catch {
      proof.object(error)
    }
    return proof.placed { place in
      place.member = nil
      place.path = partner.path
    }
  }
}
