import Formats

/// The language that an image was compiled from, as far as advice depends on it: a gcc flag prevents nothing in Rust.
enum SourceLanguage: Sendable {
  case c, rust, go, swift

  /// Detected by what each compiler and its runtime library leave in every image. C is the fallback: every object
  /// contains some.
  init(_ image: ElfImage) {
    let names = Set(image.sections.map(\.name))
    if names.contains(".note.go.buildid") || names.contains(".go.buildinfo") {
      self = .go
    } else if names.contains(where: { $0.hasPrefix("swift5_") || $0 == ".swift_modhash" }) {
      self = .swift
    } else {
      self = Self.isRust(image.bytes) ? .rust : .c
    }
  }

  init(_ image: MachOImage) {
    let names = Set(image.sections.map(\.name))
    if names.contains("__go_buildinfo") {
      self = .go
    } else if names.contains(where: { $0.hasPrefix("__swift5_") || $0 == "__swift_modhash" }) {
      self = .swift
    } else {
      self = Self.isRust(image.bytes) ? .rust : .c
    }
  }

  /// The compiler's name, its standard library's sources in panic messages, or what unwinds.
  static func isRust(_ bytes: Bytes) -> Bool {
    ["rustc version ", "/rustc/", "/library/core/src/", "rust_eh_personality"].contains {
      bytes.span.firstIndex(of: Array($0.utf8)) != nil
    }
  }
}

extension [Difference] {
  /// The same differences with the flags for the image's compiler.
  func advising(_ language: SourceLanguage) -> [Difference] {
    map { difference in
      var difference = difference
      difference.cause = difference.cause.advising(language)
      return difference
    }
  }
}

extension Cause {
  /// The same cause with the flags for the image's compiler.
  func advising(_ language: SourceLanguage) -> Cause {
    var cause = self
    switch language {
    case .c: break
    case .rust: cause.prevention = Self.rust[slug] ?? cause.prevention
    case .go:
      if prevention.contains(Self.mapPrefix) { cause.prevention = "go build -trimpath" }
    case .swift:
      cause.prevention = prevention.replacing(
        Self.mapPrefix, with: "swiftc -file-prefix-map <build directory>=.")
    }
    return cause
  }

  private static let remap = "RUSTC_WRAPPER=wheelscrub-rustc"

  private static let rust: [String: String] = [
    buildRoot.slug: remap, tableOrder.slug: remap, stringOffsets.slug: remap, uuid.slug: remap,
    codeSignature.slug: remap, namePieces.slug: remap,
    buildID.slug: "RUSTFLAGS=-Clink-arg=-Wl,--build-id=none",
    pathLength.slug: "a TMPDIR of one length, or \(remap)",
    loadedOrder.slug: "\(remap), which gives lld the same strings to sort in every directory",
    symbolHash.slug:
      "one build directory and one CARGO_HOME for both builds: cargo hashes where packages are",
    lto.slug: "lto = \"off\" in Cargo.toml's profile",
    versionDefinition.slug: "RUSTFLAGS=-Clink-arg=-Wl,-soname=<name>, or another linker",
    dateTime.slug: "SOURCE_DATE_EPOCH while building, where build.rs minds it",
  ]
}
