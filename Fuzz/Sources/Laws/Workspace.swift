import Foundation

/// A directory, in memory where the machine has one there, that one input is worked on in. It goes with all it holds.
struct Workspace: ~Copyable {
  let path: String

  init() {
    let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    path = "\(parent)/wheelscrub-fuzz-\(UUID().uuidString)"
    do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) } catch {
      fatalError("\(error)")
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// - Returns: the file's path.
  func write(_ content: [UInt8], to name: String) -> String {
    do { try Data(content).write(to: URL(filePath: "\(path)/\(name)")) } catch { fatalError("\(error)") }
    return "\(path)/\(name)"
  }

  /// Nil where there is no such file.
  func read(_ name: String) -> [UInt8]? {
    (try? Data(contentsOf: URL(filePath: "\(path)/\(name)"))).map(Array.init)
  }

  func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? [] }
}
