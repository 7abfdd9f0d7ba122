import Formats

/// An image, or an archive of images, that is a member of a wheel.
struct LinkedMember: Sendable {
  /// Index of the wheel.
  let wheel: Int
  let member: Wheel.Member
  let kind: FileKind
  let facts: LinkFacts?

  /// The members of all wheels that no installed distribution lists. A wheel that cannot be read has none; whoever
  /// processes it reports the error.
  static func all(_ files: [InputFile], _ kinds: [FileKind], _ options: Options) -> [LinkedMember] {
    files.indices.filter { kinds[$0] == .zip && files[$0].installedPath == nil }.flatMap { index in
      guard let file = try? MappedFile.open(files[index].path), (try? ZipForm(of: file)) == .wheel,
        let wheel = try? Wheel(file)
      else {
        return [LinkedMember]()
      }
      let memory = WheelMemory(wheel, largest: wheel.members.map(\.uncompressedSize).max() ?? 0)
      return options.workers.map(wheel.members) { member in
        read(member, of: index, memory)
      }.compactMap(\.self)
    }
  }

  private static func read(_ member: Wheel.Member, of wheel: Int, _ memory: WheelMemory) -> LinkedMember? {
    guard !member.isDirectory, !member.isSymbolicLink, !member.isUnreadable,
      let head = try? memory.head(of: member)
    else { return nil }
    let kind = FileKind.of(head)
    guard kind == .archive || kind.speaksOfOthers else { return nil }
    let facts = try? memory.whileWorking(on: member) { () throws(ScrubError) in
      kind.facts(of: try member.content())
    }
    return LinkedMember(wheel: wheel, member: member, kind: kind, facts: facts ?? nil)
  }
}
