import Glibc

/// Where a command's lines go: data to standard output, diagnostics to standard error. Unbuffered, so that a line is seen
/// at once also in a pipe.
enum LineOutput: Int32 {
  case data = 1
  case diagnostics = 2

  /// Writes `line` and a line end. False when the reader has gone away, which most commands need not care about.
  @discardableResult
  func write(_ line: String) -> Bool { write(text: line + "\n") }

  /// Writes the text as it is.
  @discardableResult
  func write(text: String) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return false }
      bytes = bytes.dropFirst(written)
    }
    return true
  }
}
