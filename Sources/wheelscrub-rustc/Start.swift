/// `main`, by the name that SwiftPM gives it. There is no runtime that would hand out the arguments.
@_cdecl("wheelscrub_rustc_main")
func start(
  _ count: Int32, _ arguments: UnsafePointer<UnsafePointer<UInt8>?>,
  _ environment: UnsafePointer<UnsafePointer<UInt8>?>
) -> Int32 {
  unsafe RustLauncher.run(System.strings(arguments), System.strings(environment))
}
