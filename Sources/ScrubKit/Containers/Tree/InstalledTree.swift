public import Formats

/// The installed distributions among the files of one `fix`.
public struct InstalledTree: Sendable {
  public private(set) var distributions: [Distribution] = []
  /// The distribution of each input file; nil for files that no RECORD lists.
  public let owners: [Distribution?]
  /// RECORDs that cannot be read.
  public private(set) var errors: [ScrubError] = []

  /// Reads the RECORDs in the directories that the files are installed in.
  public init(_ files: [InputFile]) {
    var byRoot: [String: [Int]] = [:]
    var order: [String] = []
    for (index, file) in files.enumerated() {
      guard let root = file.installRoot else { continue }
      if byRoot[root] == nil { order.append(root) }
      byRoot[root, default: []].append(index)
    }
    let scripts = OutsideFiles(files)
    for root in scripts.roots where byRoot[root] == nil {
      order.append(root)
      byRoot[root] = []
    }
    var owners = [Distribution?](repeating: nil, count: files.count)
    for root in order {
      let records = Self.records(in: root, &errors)
      // Most files are owned by a path, so one lookup each; the first RECORD that lists a file owns it.
      var owned = [[Int]](repeating: [], count: records.count)
      var first: [String: Int] = [:]
      for (number, record) in records.enumerated() {
        for path in record.paths where first[path] == nil { first[path] = number }
      }
      for index in byRoot[root] ?? [] {
        guard let path = files[index].installedPath else { continue }
        let source = PythonSource.path(ofBytecode: path)
        if let number = first[path] ?? source.flatMap({ first[$0] }) { owned[number].append(index) }
      }
      let taken = Set(owned.joined())
      let claimed = scripts.claims(of: records, in: root) { owners[$0] != nil || taken.contains($0) }
      for (number, record) in records.enumerated() {
        // The first RECORD that lists a script owns it.
        let outside = claimed[number]
        let indices = (owned[number] + outside.keys).sorted()
        if indices.isEmpty { continue }
        let distribution = Distribution(record, files: indices, outside: outside)
        for index in indices { owners[index] = distribution }
        distributions.append(distribution)
      }
    }
    self.owners = owners
  }

  /// Sorted by name, so that the result does not depend on directory order.
  private static func records(in root: String, _ errors: inout [ScrubError]) -> [InstalledRecord] {
    var records: [InstalledRecord] = []
    for name in InstallRoot.entries(of: root).sorted(by: { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }
    )
    where name.hasSuffix(".dist-info") {
      let path = "\(root)/\(name)/RECORD"
      do throws(ScrubError) {
        // Debian's packages have no RECORD: none is created.
        guard try FileIdentity(path: path) != nil else { continue }
        records.append(try InstalledRecord(path, installedPath: "\(name)/RECORD"))
      } catch { errors.append(error) }
    }
    return records
  }
}

extension InputFile {
  /// The directory that it is installed in, spelled as in the file's path; nil outside one.
  var installRoot: String? {
    guard let installedPath, path.hasSuffix("/" + installedPath) else { return nil }
    return String(path.dropLast(installedPath.count + 1))
  }
}
