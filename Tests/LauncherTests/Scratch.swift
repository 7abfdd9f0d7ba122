import Foundation
import Testing

/// A directory of its own for each test, in which links are made.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "slots-\(UUID().uuidString.prefix(13))"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func directory(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
    return "\(path)/\(name)"
  }

  func write(_ text: String, _ name: String) throws {
    _ = try directory(name.split(separator: "/").dropLast().joined(separator: "/"))
    #expect(FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data(text.utf8)))
  }

  func link(_ name: String) -> String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "\(path)/\(name)")
  }
}
