public import Formats

/// Writes a text file completely or not at all.
public enum TextFile {
  /// Replaces the file, or creates it; its directory must exist.
  public static func write(_ text: String, to path: String) throws(ScrubError) {
    let output = try AtomicWrite(newAt: path)
    try output.write(Bytes(Array(text.utf8)))
    try output.commit()
  }
}
