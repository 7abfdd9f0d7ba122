/// A wheel or loose file to work on.
public struct InputFile: Hashable, Sendable {
  /// As the user named it, or found below a directory that the user named.
  public var path: String
  /// Its place below `fix -w DIR`: the last component, or the path relative to the named directory.
  public var relativePath: String
  /// Whether the user named this very file: then it must be a wheel or an image.
  public var isExplicit: Bool

  public init(path: String, relativePath: String, isExplicit: Bool) {
    self.path = path
    self.relativePath = relativePath
    self.isExplicit = isExplicit
  }
}

/// Turns the command line's paths into files to work on.
public enum Tree {
  /// Files in the order of `paths`; directories are walked recursively in byte order of names, symbolic links
  /// in them are not followed, and only files that are wheels or images by their magic are kept. What cannot
  /// be read becomes an error; the rest is still returned.
  public static func expand(_ paths: [String]) -> (files: [InputFile], errors: [ScrubError]) { ([], []) }
}
