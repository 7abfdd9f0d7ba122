import Formats
import Platform

/// Everything a file has besides its content: owner, mode, extended attributes (including ACLs and capabilities).
enum FileAttributes {
  /// Gives a new file the attributes of the one that it will replace.
  /// - Returns: what could not be kept, for messages.
  static func copy(from source: Int32, _ identity: FileIdentity, to descriptor: Int32) -> [String]? {
    var lost: [String] = []
    var mode = identity.mode & 0o7777
    // Owner first: changing it clears set-id bits and capabilities.
    if fchown(descriptor, identity.owner, identity.group) != 0 {
      // Changing only the group may be allowed.
      let hasGroup = fchown(descriptor, uid_t.max, identity.group) == 0
      var status = stat()
      _ = unsafe fstat(descriptor, &status)
      if status.st_uid != identity.owner { lost.append("owner \(identity.owner)") }
      if !hasGroup, status.st_gid != identity.group { lost.append("group \(identity.group)") }
      // With another owner these bits would grant another user's rights.
      if !lost.isEmpty, mode & 0o6000 != 0 {
        mode &= ~0o6000
        lost.append("set-id bits")
      }
    }
    guard fchmod(descriptor, mode) == 0 else { return nil }
    let names = names(source)
    // The directory's default ACL may give the new file one that the old file did not have.
    let access = "system.posix_acl_access"
    if !names.contains(access), self.names(descriptor).contains(access) {
      _ = unsafe fremovexattr(descriptor, access)
      guard fchmod(descriptor, mode) == 0 else { return nil }
    }
    for name in names {
      // Signatures of the old content.
      guard name != "security.ima", name != "security.evm", let value = value(source, name) else {
        lost.append(name)
        continue
      }
      if self.value(descriptor, name) == value { continue }
      let result = unsafe value.withUnsafeBytes {
        unsafe fsetxattr(descriptor, name, $0.baseAddress, $0.count, 0)
      }
      if result != 0 { lost.append(name) }
    }
    return lost
  }

  private static func names(_ descriptor: Int32) -> [String] {
    let list = unsafe read { unsafe flistxattr(descriptor, $0, $1) } ?? []
    return list.split(separator: 0).compactMap { String(validating: $0, as: UTF8.self) }.sorted()
  }

  private static func value(_ descriptor: Int32, _ name: String) -> [UInt8]? {
    unsafe read {
      unsafe fgetxattr(descriptor, name, UnsafeMutableRawPointer($0), $1)
    }
  }

  /// - Returns: nil if it cannot be read, or the file system does not support it.
  private static func read(_ call: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> [UInt8]? {
    var size = call(nil, 0)
    // The value may grow between the two calls.
    for _ in 0..<8 where size >= 0 {
      if size == 0 { return [] }
      var buffer = [CChar](repeating: 0, count: size)
      let count = unsafe buffer.withUnsafeMutableBufferPointer { unsafe call($0.baseAddress, $0.count) }
      if count >= 0 { return buffer.prefix(count).map { UInt8(bitPattern: $0) } }
      if errno != ERANGE { return nil }
      size = call(nil, 0)
    }
    return nil
  }
}
