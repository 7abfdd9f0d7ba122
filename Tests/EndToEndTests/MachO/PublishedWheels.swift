import Foundation
import Testing

/// A wheel of the package index, and why it is looked at.
struct PublishedWheel: Sendable, Hashable, CustomTestStringConvertible {
  var name: String
  var version: String
  /// The tag's platform, and the version of CPython.
  var platform: String
  var python: String
  /// Whether a signature also seals files beside the image.
  var holdsApplication = false

  var testDescription: String { "\(name) \(version) \(platform)" }

  static let mayUseIndex = ProcessInfo.processInfo.environment["WHEELSCRUB_INDEX"] == "1"

  private init(
    _ name: String, _ version: String, _ platform: String, _ python: String, holdsApplication: Bool = false
  ) {
    self.name = name
    self.version = version
    self.platform = platform
    self.python = python
    self.holdsApplication = holdsApplication
  }

  private static let (intel, arm, both) = (
    "macosx_10_9_x86_64", "macosx_11_0_arm64", "macosx_10_9_universal2"
  )

  /// Each has a random directory in its images.
  static let leaking = [
    // Unsigned, pip's directories in stabs.
    PublishedWheel("MarkupSafe", "1.1.1", intel, "3.8"),
    PublishedWheel("cffi", "1.14.3", intel, "3.8"),
    PublishedWheel("kiwisolver", "1.2.0", intel, "3.8"),
    PublishedWheel("PyWavelets", "1.1.1", intel, "3.8"),
    // pip wheel by name.
    PublishedWheel("PyNaCl", "1.4.0", "macosx_10_10_x86_64", "3.8"),
    // Also in __cstring, 23 images.
    PublishedWheel("h5py", "2.10.0", intel, "3.8"),
    // Signed by the linker.
    PublishedWheel("cffi", "1.15.0", arm, "3.9"),
    PublishedWheel("yarl", "1.7.2", arm, "3.9"),
    PublishedWheel("kiwisolver", "1.3.2", arm, "3.9"),
    PublishedWheel("regex", "2021.11.10", arm, "3.9"),
    // Fat, one slice signed.
    PublishedWheel("MarkupSafe", "2.0.1", both, "3.10"),
    PublishedWheel("frozenlist", "1.2.0", both, "3.9"),
    PublishedWheel("uvloop", "0.16.0", both, "3.9"),
    // Signed by codesign with SHA-1 and SHA-256, as delocate asks for it.
    PublishedWheel("h5py", "3.6.0", intel, "3.8"),
    PublishedWheel("rasterio", "1.2.10", "macosx_10_15_x86_64", "3.8"),
    // Signed by codesign; the UUID in identifiers; a Mac's directory for temporary files.
    PublishedWheel("fiona", "1.10.1", arm, "3.12"),
    PublishedWheel("pyzmq", "26.2.0", "macosx_10_15_universal2", "3.12"),
    // cibuildwheel's and build's directories.
    PublishedWheel("matplotlib", "3.8.4", arm, "3.12"),
    PublishedWheel("shapely", "2.1.2", arm, "3.12"),
    PublishedWheel("statsmodels", "0.14.5", arm, "3.12"),
    PublishedWheel("h5py", "3.15.1", arm, "3.12"),
    // Also the directory in which Homebrew built gcc, whose libraries are inside; 1,789 roots.
    PublishedWheel("scipy", "1.16.3", "macosx_14_0_arm64", "3.13"),
  ]

  /// Leak-free ones, for signatures of other forms: 16K pages, and slack with an earlier signature.
  static let genuine = [
    PublishedWheel("ziglang", "0.13.0", "macosx_12_0_arm64", "3.12"),
    PublishedWheel("scikit-learn", "1.6.1", "macosx_12_0_arm64", "3.12"),
    cmake,
  ]

  /// Signed with a Developer ID.
  static let cmake = PublishedWheel(
    "cmake", "3.26.4", "macosx_10_10_universal2", "3.9", holdsApplication: true)
}

/// Downloads each wheel once, and keeps it for later runs below TMPDIR.
actor PublishedWheels {
  static let shared = PublishedWheels()

  private let slots = Slots(2)
  private var downloads: [PublishedWheel: Task<String, any Error>] = [:]

  func path(of wheel: PublishedWheel) async throws -> String {
    let task = downloads[wheel] ?? Task { try await self.download(wheel) }
    downloads[wheel] = task
    return try await task.value
  }

  private func download(_ wheel: PublishedWheel) async throws -> String {
    let top = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    let kept = "\(top)/wheelscrub-published/\(wheel.name)-\(wheel.version)-\(wheel.platform)-\(wheel.python)"
    if let file = try? names(in: kept).first { return "\(kept)/\(file)" }
    let fresh = try Workspace.shared.scratch("published")
    await slots.take()
    let outcome = try? await Tools.run(
      Tools.python,
      [
        "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--implementation", "cp",
        "--platform", wheel.platform, "--python-version", wheel.python, "--dest", fresh,
        "\(wheel.name)==\(wheel.version)",
      ], environment: IndexTests.environment, limit: 600)
    await slots.give()
    guard let outcome, outcome.succeeded, let file = try names(in: fresh).first else {
      throw ToolFailure(description: outcome?.transcript ?? "pip could not be run")
    }
    try FileManager.default.createDirectory(
      atPath: (kept as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    // All or nothing: another run may look for it at the same time.
    try? FileManager.default.moveItem(atPath: fresh, toPath: kept)
    return "\(kept)/\(file)"
  }
}
