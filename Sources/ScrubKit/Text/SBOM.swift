internal import BuildRoots
import Formats

/// Random values and timestamps in a software bill of materials, for the canonical form: serial numbers, times, and the
/// directory by which local packages are named. Everything else keeps its bytes.
///
/// CycloneDX 1.x as JSON and XML, SPDX 2.x as JSON and tag-value. CycloneDX requires no serial number, so a random one
/// (UUID of version 4, RFC 9562) is removed; one of another version may be referenced by others, and stays. SPDX
/// requires a namespace: a random UUID in it becomes one of version 5, derived from the document's name and content.
struct SBOM {
  /// A stretch of the document and its replacement.
  struct Edit: Hashable {
    var range: Range<Int>
    var replacement: [UInt8]
    /// Its name in a report.
    var label: String
  }

  /// Seconds since 1970; all times become this.
  let epoch: Int64
  let prefix: [UInt8]

  init(epoch: Int64, prefix: [UInt8]) {
    self.epoch = epoch
    self.prefix = prefix
  }

  init(_ options: Options) {
    self.init(
      epoch: options.sourceDateEpoch ?? DOSTime.first, prefix: Array(options.roots.prefix.text.utf8))
  }

  /// - Returns: disjoint and ascending; none for a document in another format.
  func edits(of bytes: Bytes) -> [Edit] {
    var edits: [Edit]
    if let document = try? JSONMembers(bytes) {
      edits = json(document, bytes)
    } else {
      edits = markup(bytes)
    }
    edits.sort { $0.range.lowerBound < $1.range.lowerBound }
    return edits
  }

  static func applying(_ edits: [Edit], to bytes: Bytes) -> Bytes {
    var result: [UInt8] = []
    var position = 0
    for edit in edits {
      result.append(bytes[position..<edit.range.lowerBound])
      result += edit.replacement
      position = edit.range.upperBound
    }
    result.append(bytes[position..<bytes.count])
    return Bytes(result)
  }

  // MARK: JSON

  private func json(_ document: JSONMembers, _ bytes: Bytes) -> [Edit] {
    if text(document, "bomFormat", bytes) == "CycloneDX" {
      var edits = localPaths(bytes, name: name(of: document, bytes))
      if let serial = try? document.member("serialNumber"), Self.randomUUID(in: bytes[serial.value]) != nil {
        edits.append(Edit(range: document.removal(of: serial), replacement: [], label: "serialNumber"))
      }
      return edits + time("timestamp", in: "metadata", document, bytes)
    }
    guard text(document, "spdxVersion", bytes) != nil else { return [] }
    let edits = time("created", in: "creationInfo", document, bytes)
    guard let namespace = try? document.member("documentNamespace") else { return edits }
    return edits
      + namespaceEdit(in: namespace.value, bytes, edits, name: text(document, "name", bytes) ?? "")
  }

  /// The raw string between the quotes.
  private func text(_ document: JSONMembers, _ key: String, _ bytes: Bytes) -> String? {
    guard let member = try? document.member(key), bytes[member.value.lowerBound] == UInt8(ascii: "\"") else {
      return nil
    }
    return String(
      decoding: bytes[member.value.lowerBound + 1..<member.value.upperBound - 1].array(), as: UTF8.self)
  }

  /// The name in `metadata.component`.
  private func name(of document: JSONMembers, _ bytes: Bytes) -> String? {
    guard let metadata = try? document.member("metadata"),
      let inner = try? JSONMembers(bytes[metadata.value]),
      let component = try? inner.member("component")
    else { return nil }
    let content = bytes[metadata.value][component.value]
    return (try? JSONMembers(content)).flatMap { text($0, "name", content) }
  }

  private func time(_ key: String, in object: String, _ document: JSONMembers, _ bytes: Bytes) -> [Edit] {
    guard let outer = try? document.member(object), let inner = try? JSONMembers(bytes[outer.value]),
      let member = try? inner.member(key), text(inner, key, bytes[outer.value]) != nil
    else { return [] }
    let start = outer.value.lowerBound
    return edit(start + member.value.lowerBound + 1..<start + member.value.upperBound - 1, clock, key, bytes)
  }

  // MARK: XML and tag-value

  private func markup(_ bytes: Bytes) -> [Edit] {
    let span = bytes.span
    func between(_ opening: String, _ closing: String, from start: Int = 0) -> Range<Int>? {
      guard let found = span.firstIndex(of: Array(opening.utf8), from: start) else { return nil }
      let begin = found + opening.utf8.count
      return span.firstIndex(of: Array(closing.utf8), from: begin).map { begin..<$0 }
    }
    if span.firstIndex(of: Array("cyclonedx.org/schema/bom".utf8)) != nil {
      var edits = localPaths(bytes, name: nil)
      if let serial = between(" serialNumber=\"", "\""), Self.randomUUID(in: bytes[serial]) != nil {
        let whole = serial.lowerBound - " serialNumber=\"".utf8.count..<serial.upperBound + 1
        edits.append(Edit(range: whole, replacement: [], label: "serialNumber"))
      }
      if let metadata = span.firstIndex(of: Array("<metadata".utf8)),
        let time = between("<timestamp>", "</timestamp>", from: metadata)
      {
        edits += edit(time, clock, "timestamp", bytes)
      }
      return edits
    }
    guard span.firstIndex(of: Array("SPDXVersion:".utf8)) != nil else { return [] }
    var edits: [Edit] = []
    if let created = between("\nCreated: ", "\n") { edits += edit(created, clock, "Created", bytes) }
    if let namespace = between("\nDocumentNamespace: ", "\n") {
      let name = between("\nDocumentName: ", "\n").map { String(decoding: bytes[$0].array(), as: UTF8.self) }
      edits += namespaceEdit(in: namespace, bytes, edits, name: name ?? "")
    }
    return edits
  }

  // MARK: Both

  private var clock: [UInt8] { Array((CalendarTime(seconds: epoch).description + "Z").utf8) }

  private func edit(_ range: Range<Int>, _ new: [UInt8], _ label: String, _ bytes: Bytes) -> [Edit] {
    bytes[range].array() == new ? [] : [Edit(range: range, replacement: new, label: label)]
  }

  private func namespaceEdit(
    in range: Range<Int>, _ bytes: Bytes, _ edits: [Edit], name: String
  ) -> [Edit] {
    guard let uuid = Self.randomUUID(in: bytes[range]) else { return [] }
    let place = range.lowerBound + uuid.lowerBound..<range.lowerBound + uuid.upperBound
    // Derived from everything else, with the times already replaced.
    let blank = Edit(range: place, replacement: [], label: "")
    let rest = Self.applying(
      (edits + [blank]).sorted { $0.range.lowerBound < $1.range.lowerBound }, to: bytes)
    let made = UUIDSeal.name(
      by: Digest.of(Bytes(Array(name.utf8) + [0] + Digest.of(rest, .sha256)), .sha256))
    let hex = Array(Bytes(made).hex)
    let text = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }.joined(separator: "-")
    return [Edit(range: place, replacement: Array(text.utf8), label: "namespace")]
  }

  /// Local packages are named `path+file://<directory>`: the directory that contains all of them becomes the prefix and
  /// the name of the package, wherever it occurs.
  private func localPaths(_ bytes: Bytes, name: String?) -> [Edit] {
    let scheme = Array("path+file://".utf8)
    let ends = Set("#?\"'<>\\ )".utf8)
    let span = bytes.span
    var paths: [Range<Int>] = []
    var position = 0
    while let found = span.firstIndex(of: scheme, from: position) {
      let start = found + scheme.count
      var end = start
      while end < span.count, !ends.contains(span[end]) { end += 1 }
      if end > start, span[start] == UInt8(ascii: "/") { paths.append(start..<end) }
      position = max(end, start)
    }
    guard let first = paths.first else { return [] }
    var common = bytes[first].array().split(separator: UInt8(ascii: "/"))
    for path in paths.dropFirst() {
      let parts = bytes[path].array().split(separator: UInt8(ascii: "/"))
      common = Array(zip(common, parts).prefix { $0 == $1 }.map(\.0))
    }
    guard !common.isEmpty else { return [] }
    let directory = common.flatMap { [UInt8(ascii: "/")] + $0 }
    guard !directory.starts(with: prefix + [UInt8(ascii: "/")]), directory != prefix else { return [] }
    let last = name.map { Array($0.utf8) } ?? Array(common[common.count - 1])
    let stable = prefix + [UInt8(ascii: "/")] + last.filter { !ends.contains($0) && $0 != UInt8(ascii: "/") }
    return paths.map {
      Edit(
        range: $0.lowerBound..<$0.lowerBound + directory.count, replacement: stable, label: "path+file")
    }
  }

  /// The range of a UUID of version 4, 36 characters, anywhere.
  static func randomUUID(in bytes: Bytes) -> Range<Int>? {
    let span = bytes.span
    guard span.count >= 36 else { return nil }
    let dashes: Set<Int> = [8, 13, 18, 23]
    for start in 0...span.count - 36 {
      let isOne = (0..<36).allSatisfy { index in
        let byte = span[start + index]
        if dashes.contains(index) { return byte == UInt8(ascii: "-") }
        if index == 14 { return byte == UInt8(ascii: "4") }
        let isHex = (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
        // The variant: binary 10.
        return isHex && (index != 19 || "89abAB".utf8.contains(byte))
      }
      if isOne { return start..<start + 36 }
    }
    return nil
  }
}

extension JSONMembers {
  /// The bytes to remove so that a member is gone, including one comma.
  func removal(of member: Member) -> Range<Int> {
    guard let index = members.firstIndex(where: { $0.start == member.start }) else { return 0..<0 }
    if index + 1 < members.count { return member.start..<members[index + 1].start }
    let start = index > 0 ? members[index - 1].value.upperBound : member.start
    return start..<member.value.upperBound
  }
}
