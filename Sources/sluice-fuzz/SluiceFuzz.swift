import FuzzTargets
import Glibc

// libFuzzer's own `main` calls these two. SLUICE_FUZZ_TARGET names the decoder: a variable, and not an argument, since
// libFuzzer starts itself again to merge a corpus. Without it the names are printed.

private let target: FuzzTarget = {
  let name = unsafe getenv("SLUICE_FUZZ_TARGET").map { unsafe String(cString: $0) }
  if let target = FuzzTarget.all.first(where: { $0.name == name }) { return target }
  for target in FuzzTarget.all { print(target.name) }
  exit(name == nil ? 0 : 64)
}()

@c(LLVMFuzzerInitialize)
public func initialize(_ count: OpaquePointer?, _ arguments: OpaquePointer?) -> CInt {
  _ = target
  return 0
}

@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  do {
    try target.run(unsafe Array(UnsafeBufferPointer(start: data, count: size)))
  } catch {
    fatalError("\(target.name): \(error)")
  }
  return 0
}
