import Formats

/// Two files of the same name, before and after `fix`.
struct FilePair {
  let one: MappedFile
  let other: MappedFile
  /// The first file's path, for places.
  let path: String
  let options: Options

  /// Every difference, and whether `fix` removes it.
  func compare() throws(ScrubError) -> (differences: [Difference], notes: [Note]) {
    guard one.bytes != other.bytes else { return ([], []) }
    return try Effort.within(one.bytes.count + other.bytes.count) { () throws(ScrubError) in try explain() }
  }

  private func explain() throws(ScrubError) -> (differences: [Difference], notes: [Note]) {
    let before = try differences(one.bytes, other.bytes)

    // The result of `fix` for both, in memory, from the same code that writes.
    let after: [Difference]
    do throws(ScrubError) {
      after = try differences(fixed(one), fixed(other))
    } catch {
      return (before, [Note("fix cannot be tried: \(error.message)", at: error.inside(path: path).place)])
    }
    return (Self.judge(before, after), [])
  }

  /// A difference is removed if neither its section nor its member has it afterwards. Differences that only `fix`
  /// reveals are added: names of unequal length that were hidden by unequal names.
  private static func judge(_ before: [Difference], _ after: [Difference]) -> [Difference] {
    struct Key: Hashable {
      var member: String?
      var section: String?
      var cause: Cause
    }
    func key(_ difference: Difference) -> Key {
      Key(member: difference.place.member, section: difference.place.section, cause: difference.cause)
    }
    let remaining = Set(after.map(key))
    let known = Set(before.map(key))
    let judged =
      before.map { difference in
        var difference = difference
        difference.isFixed = !remaining.contains(key(difference))
        return difference
      } + after.filter { !known.contains(key($0)) }
    return hangSeals(judged)
  }

  /// Hashes of other data that `fix` recomputes.
  private static let seals: [Cause: String] = [
    .buildID: "build-id", .staleBuildID: "build-id", .uuid: "UUID", .codeSignature: "code signature",
  ]

  /// Attaches seals to other differences: a seal remains different only because something else does.
  private static func hangSeals(_ differences: [Difference]) -> [Difference] {
    var result = differences
    for difference in differences where !difference.isFixed {
      guard let what = seals[difference.cause] else { continue }
      let owner = result.firstIndex {
        !$0.isFixed && seals[$0.cause] == nil && $0.place.path == difference.place.path
          && $0.place.member == difference.place.member
      }
      guard let owner, let own = result.firstIndex(of: difference) else { continue }
      result[owner].consequences.append(
        Consequence(what: what, places: [difference.place.section ?? "notes"]))
      result.remove(at: own)
    }
    return result
  }

  private func differences(_ one: Bytes, _ other: Bytes) throws(ScrubError) -> [Difference] {
    if one == other { return [] }
    do throws(ScrubError) {
      if FileKind.of(one) == .zip, FileKind.of(other) == .zip {
        return try WheelPair(one, other, options: options).compare(path: path)
      }
      return try MemberPair(one, other, roots: options.roots).compare(at: Place(path: path))
    } catch {
      throw error.inside(path: path)
    }
  }

  private func fixed(_ file: MappedFile) throws(ScrubError) -> Bytes {
    let kind = FileKind.of(file.bytes)
    if kind != .zip {
      guard kind.isScrubbed else { return file.bytes }
      return try LooseScrub(options: options).run(
        file.bytes, kind, BytecodeScrub.Surroundings(InputFile(explicit: file.path)), fix: true
      ).output ?? file.bytes
    }
    var report = FileReport(path: file.path)
    guard case .wheel(let output) = try WheelScrub(options).run(file, fix: true, &report) else {
      return file.bytes
    }
    return output.bytes
  }
}
