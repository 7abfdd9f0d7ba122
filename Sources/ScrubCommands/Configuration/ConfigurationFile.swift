import BuildRoots
import Formats
import FoundationEssentials
import ScrubKit
import TOMLKit

/// `wheelscrub.toml`, or `[tool.wheelscrub]` of `pyproject.toml`.
struct ConfigurationFile {
  /// As shown to the user.
  let path: String
  private let text: String
  /// The names of the tables that enclose the settings.
  private let outer: [String]

  static let names = ["wheelscrub.toml", "pyproject.toml"]
  private static let largest = 1 << 20

  /// The file for a path: in its directory, or in the nearest one above it that has one. Failing that, the same for the
  /// working directory: what a build has just made often lies outside of the project.
  static func found(
    for path: String, from workingDirectory: String = FileManager.default.currentDirectoryPath
  ) throws(SettingError) -> ConfigurationFile? {
    if let file = try nearest(to: path) { return file }
    return try nearest(to: workingDirectory)
  }

  private static func nearest(to path: String) throws(SettingError) -> ConfigurationFile? {
    let manager = FileManager.default
    var isDirectory = false
    let exists = manager.fileExists(atPath: path, isDirectory: &isDirectory)
    var directory = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: manager.currentDirectoryPath))
      .standardizedFileURL.resolvingSymlinksInPath()
    if !exists || !isDirectory { directory.deleteLastPathComponent() }
    while true {
      for name in names {
        let file = directory.appendingPathComponent(name).path
        guard manager.fileExists(atPath: file) else { continue }
        if let found = try ConfigurationFile(file, isExplicit: false) { return found }
      }
      if directory.path == "/" { return nil }
      directory.deleteLastPathComponent()
    }
  }

  /// - Parameter isExplicit: whether the user named it; a `pyproject.toml` that is merely found may have no settings
  ///   for this program.
  /// - Throws: if it cannot be read or is not TOML.
  init?(_ path: String, isExplicit: Bool) throws(SettingError) {
    self.path = path
    func refuse(_ why: String) -> SettingError {
      SettingError(message: Escape.terminalSafe("\(path)\(why)"))
    }
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) } catch {
      throw refuse(": cannot be read")
    }
    guard data.count <= Self.largest else {
      throw refuse(": has \(data.count) bytes, the limit is \(Self.largest)")
    }
    guard let text = String(validating: data, as: UTF8.self) else { throw refuse(": is not UTF-8") }
    self.text = text
    outer = path.split(separator: "/").last == "pyproject.toml" ? ["tool", "wheelscrub"] : []
    if let objection = TOMLPrecheck.objection(to: text) {
      throw refuse(":\(objection.line): \(objection.reason)")
    }
    do {
      document = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw refuse(":\(error.source.begin.line): \(error.description)")
    } catch {
      throw refuse(": \(error)")
    }
    if table == nil, !isExplicit { return nil }
  }

  private let document: TOMLTable

  private var table: TOMLTable? {
    var table: TOMLTable? = document
    for name in outer { table = table?[name]?.table }
    return table
  }

  /// - Throws: the first key that is unknown or has a value of the wrong kind.
  func settings() throws(SettingError) -> Settings {
    guard let table else {
      throw SettingError(
        message: Escape.terminalSafe("\(path): has no table [\(outer.joined(separator: "."))]"))
    }
    var settings = Settings()
    settings.configuration = path
    // In the order of the file: the first error is the first line.
    let lines = ConfigurationLines(text, outer: outer)
    let names = table.keys.map { (line: lines.keys[$0] ?? lines.table, name: $0) }.sorted {
      ($0.line, $0.name) < ($1.line, $1.name)
    }
    for (line, name) in names {
      let source = "\(path):\(line): \(name)"
      guard let key = ConfigurationKey.all.first(where: { $0.name == name }) else {
        let isWrapped = name == "tool" && outer.isEmpty
        let hint =
          isWrapped
          ? "; this file needs no [tool.wheelscrub], its keys stand at the top"
          : Nearest.hint(to: name, among: ConfigurationKey.all.map(\.name))
        throw SettingError(message: Escape.terminalSafe("\(path):\(line): unknown key \"\(name)\"\(hint)"))
      }
      guard let node = table[name],
        let value = key.value(
          of: node,
          source: { row in
            "\(path):\(lines.keys["\(name).\(row)"] ?? line): \(name)"
          })
      else {
        let found = table[name].map(Self.described) ?? "nothing"
        throw SettingError(
          message: Escape.terminalSafe("\(source): needs \(key.kind.described), found \(found)"))
      }
      key.apply(value, source, &settings)
    }
    return settings
  }

  /// A value in words: `the number 1`.
  private static func described(_ node: any TOMLValueConvertible) -> String {
    if let text = node.string { return "\"\(text)\"" }
    if let flag = node.bool { return "\(flag)" }
    if let number = node.int { return "the number \(number)" }
    if let number = node.double { return "the number \(number)" }
    if node.table != nil { return "a table" }
    guard let array = node.array else { return "a \(node.type.description)" }
    let odd = array.first { $0.string == nil }
    return odd.map { "a list with \(described($0))" } ?? "a list"
  }
}

extension Note {
  /// Notes which file a run obeys: a tree can contain one.
  static func configuration(_ path: String) -> Note {
    Note("the settings of this run are from this file", at: Place(path: path), isDetail: true)
  }
}
