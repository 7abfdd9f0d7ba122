import CPosix

/// `main`, by the name that SwiftPM gives it. There is no runtime that would hand out the arguments.
@_cdecl("wheelscrub_cc_main")
func start(
  _ count: Int32, _ arguments: UnsafePointer<UnsafePointer<UInt8>?>,
  _ environment: UnsafePointer<UnsafePointer<UInt8>?>
) -> Int32 {
  unsafe Launcher.run(strings(arguments), strings(environment))
}

/// A list of strings that ends with a null pointer.
private func strings(_ list: UnsafePointer<UnsafePointer<UInt8>?>) -> [Bytes] {
  var strings: [Bytes] = []
  var next = unsafe list
  while let string = unsafe next.pointee {
    unsafe strings.append(Bytes(UnsafeBufferPointer(start: string, count: posix_length(string))))
    unsafe next += 1
  }
  return strings
}
