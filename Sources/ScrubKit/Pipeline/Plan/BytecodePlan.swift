internal import BuildRoots
import Formats

/// What happens to the file names in a `.pyc`, and to the constants that follow a generated source; no other string in
/// it is ever changed.
struct BytecodePlan: Sendable {
  /// One string that is the file name of code objects, or a constant.
  struct Rename: Sendable {
    /// The object that is the string.
    var object: Int
    /// The fields that are the string or refer to it, in file order.
    var fields: [Int]
    /// Other fields that are it or refer to it, in file order: constants and names, which keep the old string.
    var otherUses: [Int] = []
    /// The outermost code object that uses it, as an index into the list of code objects.
    var firstUser: Int
    var before: [UInt8]
    var after: [UInt8]
    /// Whether it is a constant; then `fields` are all fields that are it or refer to it.
    var isConstant = false
    /// The length of the tree's directory at the beginning of the name; nil if the name changes for another reason.
    var location: Int?
  }

  private(set) var renames: [Rename] = []
  /// The index of each object's rename.
  private var places: [Int: Int] = [:]

  /// Plans for every file name that holds a root, reveals where the tree is, or is to be relocated.
  ///
  /// - Parameters:
  ///   - sourceName: the source's path relative to the directory that the distribution is installed in.
  ///   - location: which names reveal the tree's location; nil if that does not matter.
  ///   - constants: those that change with the source.
  init(
    _ image: BytecodeImage, _ codes: [BytecodeImage.Code], sourceName: String?,
    location: BytecodeLocation? = nil, constants: ConstantsPlan? = nil, options: Options
  ) {
    var order: [(object: Int, user: Int)] = []
    var fields: [Int: [Int]] = [:]
    for (user, code) in codes.enumerated() {
      let object = image.resolved(code.filename)
      if fields[object] == nil { order.append((object, user)) }
      fields[object, default: []].append(code.filename)
    }
    for (object, user) in order {
      let before = image.text(object)
      var directory: Int?
      var after = Self.stable(before, sourceName: sourceName, options: options)
      if after == nil, let location {
        directory = location.directory(in: before)
        if directory != nil { after = Self.installed(location.sourceName, options) }
      }
      guard let after, after != before else { continue }
      // A code object's constants, and so the functions in it, precede its own name.
      let fields = (fields[object] ?? []).sorted()
      places[object] = renames.count
      renames.append(
        Rename(
          object: object, fields: fields, firstUser: user, before: before, after: after, location: directory))
    }
    for (object, new) in (constants?.strings ?? [:]).sorted(by: { $0.key < $1.key }) {
      places[object] = renames.count
      renames.append(
        Rename(
          object: object, fields: [], firstUser: 0, before: image.text(object), after: new, isConstant: true))
    }
    guard !renames.isEmpty else { return }
    var users: [Int: [Int]] = [:]
    for rename in renames { users[rename.object] = [rename.object] }
    for index in image.objects.indices where image.objects[index].type == .reference {
      users[image.resolved(index)]?.append(index)
    }
    for index in renames.indices {
      if renames[index].isConstant {
        renames[index].fields = users[renames[index].object] ?? []
        continue
      }
      let fields = Set(renames[index].fields)
      renames[index].otherUses = (users[renames[index].object] ?? []).filter { !fields.contains($0) }
    }
  }

  /// The new name for an installed source.
  private static func installed(_ sourceName: String, _ options: Options) -> [UInt8] {
    Array((options.bytecode.prefix.map { "\($0)/" } ?? "").utf8) + Array(sourceName.utf8)
  }

  var isEmpty: Bool { renames.isEmpty }

  func rename(of object: Int) -> Rename? { places[object].map { renames[$0] } }

  /// The name without its build root, and relocated; nil if it does not change.
  ///
  /// A source that the installer compiled in a temporary directory gets its name below the real directory, as an import
  /// would set it. Other files (generated from `.pyx` or `.y`) get the stable prefix.
  private static func stable(_ name: [UInt8], sourceName: String?, options: Options) -> [UInt8]? {
    // The location that the user specified.
    let moved = options.relocations.relocated(name)
    let name = moved ?? name
    guard let root = options.roots.firstRoot(in: name.span) else { return moved }
    let inside = name[root.range.upperBound...].drop { $0 == slash }
    if let relative = relative(Array(inside), sourceName.map { Array($0.utf8) }) {
      let prefix = options.bytecode.prefix
      return prefix.map { Array("\($0)/".utf8) + relative } ?? relative
    }
    return options.roots.clean(name.span)
  }

  /// - Parameter inside: the path below the build root.
  private static func relative(_ inside: [UInt8], _ sourceName: [UInt8]?) -> [UInt8]? {
    if let sourceName {
      let isSame = inside == sourceName || inside.ends(with: [slash] + sourceName)
      return isSame ? sourceName : nil
    }
    // The install location is unknown: pip's own layouts tell where the directory begins.
    let components = inside.split(separator: slash, omittingEmptySubsequences: false)
    guard components.first?.elementsEqual("lib".utf8) == true, components.count > 2,
      components[1].starts(with: "python".utf8)
    else { return nil }
    let isNested = ["site-packages", "dist-packages"].contains { components[2].elementsEqual($0.utf8) }
    let rest = components.dropFirst(isNested ? 3 : 2)
    return rest.isEmpty ? nil : Array(rest.joined(separator: [slash]))
  }

  private static let slash = UInt8(ascii: "/")

  /// The new name for each field that gets one.
  var names: [Int: [UInt8]] {
    var names: [Int: [UInt8]] = [:]
    for rename in renames {
      for field in rename.fields { names[field] = rename.after }
    }
    return names
  }

  /// What the writer writes where: one new string for each name, at its first field, and the old one wherever the
  /// string has another use.
  func roles(in image: BytecodeImage) -> [Int: MarshalWriter.Role] {
    var roles: [Int: MarshalWriter.Role] = [:]
    for rename in renames {
      let object = image.objects[rename.object]
      let first = rename.fields[0]
      roles[first] = .string(
        rename.after, isInterned: object.type.isInterned, isReferable: object.isReferable)
      for field in rename.fields.dropFirst() { roles[field] = .reference(to: first) }
      guard let heir = rename.otherUses.first, heir != rename.object else { continue }
      roles[heir] = .content(of: rename.object)
      for other in rename.otherUses.dropFirst() { roles[other] = .reference(to: heir) }
    }
    return roles
  }
}

extension [UInt8] {
  fileprivate func ends(with suffix: [UInt8]) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}
