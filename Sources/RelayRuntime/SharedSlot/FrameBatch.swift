import PgOutput
import Primitives

/// Frames in one piece of memory, on their way from the shared stream to a connector. Each has its length before it.
struct FrameBatch: Sendable {
  private var bytes: [UInt8] = []
  private(set) var frames = 0

  private static let lengthBytes = 4

  var byteCount: Int { bytes.count }
  var isEmpty: Bool { bytes.isEmpty }

  mutating func append(_ frame: RawSpan) {
    unsafe withUnsafeBytes(of: UInt32(frame.byteCount)) { unsafe bytes.append(contentsOf: $0) }
    unsafe frame.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    frames += 1
  }

  mutating func append(_ other: FrameBatch) {
    bytes.append(contentsOf: other.bytes)
    frames += other.frames
  }

  /// The frames of `other`, each at the place in the log where `frame` stands.
  mutating func append(_ other: FrameBatch, standingAt frame: RawSpan) {
    let start = bytes.count
    append(other)
    // walStart and walEnd, behind the tag.
    let place = 1..<17
    guard frame.byteCount > XLogDataHeader.byteCount else { return }
    var offset = start
    while offset < bytes.count {
      let length = unsafe bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
      offset += FrameBatch.lengthBytes
      if Int(length) > XLogDataHeader.byteCount {
        for index in place { bytes[offset + index] = frame.byte(at: index) }
      }
      offset += Int(length)
    }
  }

  /// A keepalive that asks for nothing: everything before `position` has been sent.
  mutating func appendKeepalive(at position: LSN) {
    var out = ByteWriter(minimumCapacity: 18)
    out.append(UInt8(ascii: "k"))
    out.append(bigEndian: position.rawValue)
    out.append(bigEndian: Int64(0))
    out.append(0)
    append(out.bytes)
  }

  /// Lends the frame at `offset` and moves it behind; `false` at the end.
  func lendNext(at offset: inout Int, _ body: (RawSpan) -> Void) -> Bool {
    guard offset < bytes.count else { return false }
    let all = unsafe bytes.span.bytes
    // Only `append` writes here: a length is followed by so many bytes.
    let length = Int(unsafe all.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    let start = offset + FrameBatch.lengthBytes
    body(all.extracting(start..<(start + length)))
    offset = start + length
    return true
  }

  /// Empty, with its memory kept unless a large frame made it large.
  mutating func removeAll(keepingAtMost capacity: Int) {
    bytes.removeAll(keepingCapacity: bytes.capacity <= capacity)
    frames = 0
  }
}
