import Glibc

/// Where a command's lines go: data to standard output, diagnostics to standard error. Unbuffered, so that a line is seen
/// at once also in a pipe.
enum LineOutput: Int32 {
  case data = 1
  case diagnostics = 2

  /// Writes `line` and a line end. A reader that has gone away is no reason to stop.
  func write(_ line: String) {
    var bytes = Array((line + "\n").utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }
}
