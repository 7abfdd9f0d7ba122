internal import BuildRoots
import Formats

/// Processes a file that tells where its tree is: finds, plans, edits, verifies.
struct TreeFileScrub {
  let options: Options
  let treeFile: TreeFile

  /// A path in a place, or the relevant part of it.
  private struct Site {
    var place: PathPlaces.Place
    /// The part that ties the file to its location.
    var range: Range<Int>
    /// The part of that to replace, and the replacement.
    var edit: (range: Range<Int>, new: [UInt8])?
  }

  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    let selection = options.policy.selection
    let isReported = selection.contains(treeFile.kind.rule)
    let relocations = fix ? options.relocations : PathRelocations()
    guard isReported || !relocations.isEmpty else { return ImageScrub.Outcome() }
    if treeFile.kind == .uvCache { return try times(bytes, isReported: isReported) }

    // Find: every place that can hold a path.
    let places = try PathPlaces(bytes, treeFile.kind).places
    let sites = sites(in: places, bytes, relocations)

    // Plan: what is replaced, or why nothing is.
    let obstacle = obstacle(bytes, relocations)
    let edited = obstacle == nil ? sites.filter { $0.edit != nil } : []
    var outcome = ImageScrub.Outcome()
    // A requested change that is not made is always reported, whatever is selected: Python may import from the old
    // directory.
    if isReported || obstacle != nil && treeFile.kind != .script {
      outcome.findings = findings(isReported ? sites : sites.filter { $0.edit != nil }, bytes, obstacle)
      // A path that is spelled so that no place shows it.
      if let obstacle, treeFile.kind == .editable, outcome.findings.isEmpty {
        outcome.findings.append(
          Finding(
            place: Place(), rule: treeFile.kind.rule,
            subject: .defect(Defect("names a directory that is to be relocated")),
            fate: .left(reason: obstacle)))
      }
    }
    guard !edited.isEmpty else { return outcome }

    // Apply.
    let output: Bytes
    if treeFile.kind == .script, let head = ScriptHead(bytes), let edit = edited[0].edit {
      let interpreter = edit.new + bytes[edit.range.upperBound..<head.range.upperBound].array()
      guard let new = head.replacing(interpreter: interpreter, in: bytes) else {
        return left(outcome, "the kernel would cut a first line of that length")
      }
      output = Bytes(new + bytes[head.end..<bytes.count].array())
      try verify(output, head, interpreter, of: bytes)
    } else {
      output = apply(edited, to: bytes)
    }

    // Verify: read the result again.
    try verify(output, places, edited, of: bytes)
    var rest = edited[...]
    while let place = rest.first?.place {
      let own = rest.prefix { $0.place == place }
      rest = rest.dropFirst(own.count)
      outcome.changes.append(change(place, Array(own), bytes))
    }
    outcome.output = output
    return outcome
  }

  // MARK: Find

  private func sites(in places: [PathPlaces.Place], _ bytes: Bytes, _ relocations: PathRelocations) -> [Site]
  {
    let span = bytes.span
    let locations = treeFile.surroundings.locations.map { Array($0.utf8) }
    var sites: [Site] = []
    for place in places {
      let isOrigin = [.directURL, .pathFile, .editable].contains(treeFile.kind)
      let map = isOrigin ? options.policy.origins : options.policy.treeFiles
      let roots = map.roots(in: bytes[place.range].span).map {
        $0.range.lowerBound + place.range.lowerBound..<$0.range.upperBound + place.range.lowerBound
      }
      var ends: [Int: Int] = [:]
      for root in roots { ends[root.lowerBound] = root.upperBound }
      var found: [Site] = []
      for start in place.starts(in: span) {
        var end = ends.removeValue(forKey: start.offset) ?? 0
        for location in locations { end = max(end, place.end(of: location, at: start, in: span) ?? 0) }
        // A temporary directory that something was installed from will not exist again.
        if isOrigin, place.form != .code, start.offset == place.range.lowerBound,
          Self.isTemporary(bytes[place.range])
        {
          end = max(end, place.range.upperBound)
        }
        let match = relocations.match { place.end(of: $0, at: start, in: span) }
        guard end > 0 || match != nil else { continue }
        // The location that the user wants, even a home or a temporary directory: a second run has nothing to report.
        if match == nil,
          relocations.hasDestination(where: { place.end(of: $0, at: start, in: span) != nil })
        {
          continue
        }
        var site = Site(place: place, range: start.offset..<max(end, match?.end ?? 0))
        if let match {
          let isWhole = match.end == place.range.upperBound || span[match.end] != UInt8(ascii: "/")
          let new = match.new.isEmpty && isWhole ? [UInt8(ascii: "/")] : match.new
          site.edit = (start.offset..<match.end, new)
        }
        found.append(site)
      }
      // Roots at which no path of the place begins, for example after an option's letters.
      for root in roots
      where ends[root.lowerBound] != nil && !found.contains(where: { $0.range.overlaps(root) }) {
        found.append(Site(place: place, range: root))
      }
      found.sort { $0.range.lowerBound < $1.range.lowerBound }
      sites += found
    }
    return sites.filter { $0.edit != nil || !options.policy.treeFiles.isAllowed($0.range, in: span) }
  }

  private static func isTemporary(_ path: Bytes) -> Bool {
    ["/tmp/", "/var/tmp/", "/dev/shm/", "/private/tmp/", "/var/folders/", "/private/var/folders/"].contains {
      path.slice(at: 0, length: UInt64($0.utf8.count))?.array() == Array($0.utf8)
    }
  }

  /// Why nothing can be rewritten; nil if everything can.
  private func obstacle(_ bytes: Bytes, _ relocations: PathRelocations) -> String? {
    if let obstacle = treeFile.surroundings.obstacle { return obstacle }
    if treeFile.kind == .editable, !relocations.isEmpty {
      return EditableLoader.obstacle(bytes, relocations)
    }
    guard treeFile.kind == .script, let head = ScriptHead(bytes),
      bytes[head.end..<bytes.count].span.firstIndex(of: 0, from: 0) != nil
    else { return nil }
    return "what stands behind the first line is no text, and may count its bytes from the file's start"
  }

  // MARK: Findings

  private static let left = "it needs --relocate OLD=NEW, to know where the tree will be"

  private func findings(_ sites: [Site], _ bytes: Bytes, _ obstacle: String?) -> [Finding] {
    let region = Region(whole: bytes)
    var lines = LineCounter(bytes)
    return sites.map { site in
      lines.move(to: site.range.lowerBound)
      let (text, offset) = region.text(around: site.range)
      let root = bytes[site.range].array()
      let replacement = site.edit.map { $0.new + bytes[$0.range.upperBound..<site.range.upperBound].array() }
      var fate = Finding.Fate.left(reason: Self.left)
      if let replacement {
        let isRandom = options.policy.treeFiles.containsRoot(replacement.span)
        fate =
          obstacle.map { .left(reason: $0) }
          ?? (isRandom ? .left(reason: "what is left of it has a random name") : .rewritten)
      }
      return Finding(
        place: Place(offset: UInt64(site.range.lowerBound)), rule: treeFile.kind.rule,
        root: String(decoding: root, as: UTF8.self), text: text, rootOffset: offset,
        context: "line \(lines.line), column \(lines.column)"
          + (site.place.label.isEmpty ? "" : ", \(site.place.label)"),
        replacement: String(decoding: replacement ?? root, as: UTF8.self), fate: fate)
    }
  }

  /// The outcome with every finding left for this reason.
  private func left(_ outcome: ImageScrub.Outcome, _ reason: String) -> ImageScrub.Outcome {
    var outcome = outcome
    for index in outcome.findings.indices { outcome.findings[index].fate = .left(reason: reason) }
    if outcome.findings.isEmpty { outcome.notes.append(Note("not relocated: \(reason)", at: Place())) }
    return outcome
  }

  /// uv's records of when the source was changed.
  private func times(_ bytes: Bytes, isReported: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    guard bytes.count <= Limits.treeFileSize else {
      throw ScrubError("has \(bytes.count) bytes, the limit is \(Limits.treeFileSize)")
    }
    guard isReported else { return ImageScrub.Outcome() }
    let members = try JSONMembers(bytes).members.filter { member in
      let isTime = ["timestamp", "directories"].contains { member.key == Array($0.utf8) }
      // Without a digit it is null, or directories that did not exist.
      return isTime && bytes[member.value].array().contains { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
    var lines = LineCounter(bytes)
    return ImageScrub.Outcome(
      findings: members.map { member in
        lines.move(to: member.start)
        return Finding(
          place: Place(offset: UInt64(member.start)), rule: .uvCache,
          subject: .defect(
            Defect("\"\(String(decoding: member.key, as: UTF8.self))\" holds times of the source")),
          context: "line \(lines.line)", fate: .left(reason: "uv compares them with the source"))
      })
  }

  // MARK: Apply

  private func apply(_ sites: [Site], to bytes: Bytes) -> Bytes {
    var result: [UInt8] = []
    var position = 0
    for case (let range, let new)? in sites.map(\.edit) {
      result.append(bytes[position..<range.lowerBound])
      result += new
      position = range.upperBound
    }
    result.append(bytes[position..<bytes.count])
    return Bytes(result)
  }

  /// The new content of a place.
  private func text(of place: PathPlaces.Place, _ sites: [Site], _ bytes: Bytes) -> [UInt8] {
    var result: [UInt8] = []
    var position = place.range.lowerBound
    for case (let range, let new)? in sites.map(\.edit) {
      result += bytes[position..<range.lowerBound].array() + new
      position = range.upperBound
    }
    return result + bytes[position..<place.range.upperBound].array()
  }

  private func change(_ place: PathPlaces.Place, _ sites: [Site], _ bytes: Bytes) -> Change {
    Change(
      place: Place(offset: UInt64(place.range.lowerBound)),
      kind: .string(
        before: String(decoding: bytes[place.range].array(), as: UTF8.self),
        after: String(decoding: text(of: place, sites, bytes), as: UTF8.self)))
  }

  // MARK: Verify

  /// Every place must still exist with the planned content, and none may name an old directory.
  private func verify(
    _ output: Bytes, _ places: [PathPlaces.Place], _ sites: [Site], of bytes: Bytes
  ) throws(ScrubError) {
    let after = try PathPlaces(output, treeFile.kind).places
    guard after.count == places.count else { throw ScrubError("result would be wrong: its lines differ") }
    var rest = sites[...]
    for (old, new) in zip(places, after) {
      let own = rest.prefix { $0.place == old }
      rest = rest.dropFirst(own.count)
      guard output[new.range].array() == text(of: old, Array(own), bytes) else {
        throw ScrubError("result would be wrong: a path differs", offset: UInt64(old.range.lowerBound))
      }
      for start in new.starts(in: output.span) {
        let left = options.relocations.match { new.end(of: $0, at: start, in: output.span) }
        if left != nil {
          throw ScrubError("result would still name an old directory", offset: UInt64(old.range.lowerBound))
        }
      }
    }
  }

  /// The script itself must be unchanged.
  private func verify(
    _ output: Bytes, _ old: ScriptHead, _ interpreter: [UInt8], of bytes: Bytes
  ) throws(ScrubError) {
    guard let new = ScriptHead(output), new.interpreter == interpreter, new.arguments == old.arguments,
      output[new.end..<output.count] == bytes[old.end..<bytes.count]
    else { throw ScrubError("result would be wrong: the script differs", offset: 0) }
  }
}
