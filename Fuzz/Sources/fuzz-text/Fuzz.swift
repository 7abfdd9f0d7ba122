import Laws

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  do { try Target.text.hold(for: input) } catch { fatalError("\(error)") }
  return 0
}
