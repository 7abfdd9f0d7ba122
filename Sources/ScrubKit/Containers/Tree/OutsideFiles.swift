import Formats

/// Scripts among the files of one `fix` that lie outside the directory with RECORD, which names them by paths that lead
/// out of it. Such a path only selects among files that the user named; nothing is opened because of it.
struct OutsideFiles {
  /// The files, by their `realpath`.
  private var scripts: [String: Int] = [:]
  /// Scripts inside an install root, `bin/NAME`, as `pip install --target` leaves them.
  private var inside: [String: Int] = [:]
  /// Install roots of the scripts' virtual environments, spelled as in the scripts' paths.
  private(set) var roots: [String] = []

  init(_ files: [InputFile]) {
    var environments: [String] = []
    for (index, file) in files.enumerated() where file.treeFile?.kind == .script {
      if let root = file.installRoot, let path = file.installedPath {
        inside["\(root)/\(path)"] = index
      } else if let real = try? AtomicWrite.realPath(file.path) {
        scripts[real] = index
        if let environment = file.treeFile?.surroundings.environment, environments.last != environment,
          !environments.contains(environment)
        {
          environments.append(environment)
        }
      }
    }
    for environment in environments {
      for name in InstallRoot.entries(of: "\(environment)/lib").sorted() where name.hasPrefix("python") {
        let root = "\(environment)/lib/\(name)/site-packages"
        if (try? FileIdentity(path: root))?.isDirectory == true { roots.append(root) }
      }
    }
  }

  /// For each RECORD, the scripts that it lists and that no other has claimed, with the path that it gives them.
  func claims(
    of records: [InstalledRecord], in root: String, isTaken: (Int) -> Bool
  ) -> [[Int: String]] {
    var taken: Set<Int> = []
    let real = (try? AtomicWrite.realPath(root)) ?? root
    return records.map { record in
      var claims: [Int: String] = [:]
      for path in record.outside {
        guard let script = scripts[AtomicWrite.absolute(path, in: real)] ?? target(path, in: root),
          !isTaken(script), taken.insert(script).inserted
        else { continue }
        claims[script] = path
      }
      return claims
    }
  }

  /// `pip install --target` moves `bin` beside the packages and leaves the rows unchanged.
  private func target(_ path: String, in root: String) -> Int? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 2, parts.dropLast(2).allSatisfy({ $0 == ".." }), parts[parts.count - 2] == "bin"
    else {
      return nil
    }
    return inside["\(root)/bin/\(parts[parts.count - 1])"]
  }
}
