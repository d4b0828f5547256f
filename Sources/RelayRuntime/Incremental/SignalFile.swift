import Glibc

/// `signal.file`: one signal a line; what has been read is cut off. Source: Debezium 3.6, `FileSignalChannel.read`.
struct SignalFile {
  let path: String

  /// A file of signals is written by hand; a larger one is none.
  private static let bytesMax = 1 << 20

  /// Lines that are there; none where there is no file. `nil` when it cannot be read.
  func take() -> [[UInt8]]? {
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    if descriptor < 0 { return errno == ENOENT || errno == EISDIR ? [] : nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      bytes += chunk[..<count]
      guard bytes.count <= SignalFile.bytesMax else { return nil }
    }
    if bytes.isEmpty { return [] }
    guard ftruncate(descriptor, 0) == 0 else { return nil }
    return bytes.split(separator: UInt8(ascii: "\n")).map(Array.init)
      .filter { line in line.contains { $0 > 0x20 } }
  }
}
