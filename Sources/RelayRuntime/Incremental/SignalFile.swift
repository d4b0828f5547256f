import Glibc
import Primitives

/// `signal.file`: one signal a line; what has been followed is cut off. Source: Debezium 3.6, `FileSignalChannel.read`,
/// which cuts off what it has read.
struct SignalFile {
  let path: String
  /// What has been given out and is still there.
  private var given: [UInt8] = []

  init(path: String) { self.path = path }

  /// A file of signals is written by hand; a larger one is none.
  private static let bytesMax = 1 << 20

  struct Line {
    let text: [UInt8]
    /// Up to its end.
    let prefix: FilePrefix
  }

  /// Lines that have not been given out; none where there is no file. `nil` when it cannot be read.
  mutating func next() -> [Line]? {
    guard let content = content() else { return nil }
    // Somebody else has emptied or rewritten it: all of it is new.
    if !content.starts(with: given) { given = [] }
    let lines = SignalFile.lines(content).drop { $0.prefix.byteCount <= given.count }
    given = content
    return lines.filter { line in line.text.contains { $0 > 0x20 } }
  }

  /// Takes what an earlier process has followed for given out. Returns whether the file begins with it; `nil` when it
  /// cannot be read.
  mutating func skip(_ followed: FilePrefix) -> Bool? {
    guard let content = content() else { return nil }
    guard SignalFile.lines(content).contains(where: { $0.prefix == followed }) else { return false }
    given = Array(content[..<followed.byteCount])
    return true
  }

  /// Empties the file, should it hold only what has been given out. Returns whether nothing of that is there any more.
  mutating func cut() -> Bool {
    if given.isEmpty { return true }
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    if descriptor < 0 {
      if errno == ENOENT { given = [] }
      return given.isEmpty
    }
    defer { close(descriptor) }
    guard let content = SignalFile.content(descriptor) else { return false }
    if content == given {
      guard ftruncate(descriptor, 0) == 0 else { return false }
    } else if content.starts(with: given) {
      return false
    }
    given = []
    return true
  }

  private static func lines(_ content: [UInt8]) -> [Line] {
    var lines: [Line] = []
    var prefix = FilePrefix()
    while prefix.byteCount < content.count {
      let rest = content[prefix.byteCount...]
      let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
      let text = Array(rest[..<end])
      prefix.byteCount = min(end + 1, content.count)
      prefix.hash = ContentHash.combine(prefix.hash, ContentHash.of(text))
      lines.append(Line(text: text, prefix: prefix))
    }
    return lines
  }

  private func content() -> [UInt8]? {
    // For writing too, since what is read has to be cut off.
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    if descriptor < 0 { return errno == ENOENT || errno == EISDIR ? [] : nil }
    defer { close(descriptor) }
    return SignalFile.content(descriptor)
  }

  private static func content(_ descriptor: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= bytesMax else { return nil }
    }
  }
}
