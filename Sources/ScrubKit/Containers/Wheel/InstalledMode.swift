import Formats

/// What installers derive from a member's attributes (APPNOTE 4.4.15). pip and `installer` make a file executable if
/// any x bit is set and the mode is that of a regular file, whatever the system; uv and unzip look at the x bits only
/// in members written by Unix. Where these disagree, the canonical form keeps the cases apart.
enum InstalledMode: Hashable, Sendable {
  case file
  case executable
  /// x bits without a type.
  case untypedExecutable
  /// The mode of an executable file, written by a system other than Unix.
  case foreignExecutable(system: UInt8)
  case symbolicLink
  case directory

  private static let unix: UInt8 = 3
  private static let typeMask: UInt32 = 0o170000
  private static let regular: UInt32 = 0o100000

  init(_ member: Wheel.Member) {
    let system = UInt8(member.versionMadeBy >> 8)
    let mode = member.externalAttributes >> 16
    let isExecutable = mode & 0o111 != 0
    let isRegular = mode & Self.typeMask == Self.regular
    if member.isDirectory {
      self = .directory
    } else if member.isSymbolicLink {
      self = .symbolicLink
    } else if isExecutable, isRegular {
      self = system == Self.unix ? .executable : .foreignExecutable(system: system)
    } else if isExecutable, system == Self.unix {
      self = .untypedExecutable
    } else {
      self = .file
    }
  }

  /// The mode in the high half; the low half has MS-DOS's directory bit.
  var attributes: UInt32 {
    switch self {
    case .file: (Self.regular | 0o644) << 16
    case .executable, .foreignExecutable: (Self.regular | 0o755) << 16
    case .untypedExecutable: 0o755 << 16
    case .symbolicLink: 0o120777 << 16
    case .directory: 0o40755 << 16 | 0x10
    }
  }

  var system: UInt8 { if case .foreignExecutable(let system) = self { system } else { Self.unix } }

  /// For keys: one number for each mode that has its own attributes.
  var number: UInt64 { UInt64(attributes) | UInt64(system) << 32 }
}
