/// What can go wrong when bytes from outside are read. Offsets are from the start of the frame. It holds integers only, so
/// that throwing it costs no allocation and no row value can leak through it.
public enum DecodeError: Error, Equatable, Sendable {
  /// Fewer bytes are left than the field takes.
  case truncated(need: Int, have: Int, at: Int)
  /// A length or count field holds a value that no sender may send.
  case invalidLength(Int, at: Int)
  /// A text field has no terminating zero byte.
  case unterminatedText(at: Int)
  /// A text field is not UTF-8.
  case invalidUTF8(at: Int)
  /// A byte that should name a kind of message, tuple or column names none that is known.
  case unknownTag(UInt8, at: Int)
  /// The message ended before its bytes did.
  case trailingBytes(count: Int, at: Int)
}

extension DecodeError {
  /// The same in a frame of which the bytes were a part.
  public func moved(by offset: Int) -> DecodeError {
    switch self {
    case .truncated(let need, let have, let at): .truncated(need: need, have: have, at: at + offset)
    case .invalidLength(let length, let at): .invalidLength(length, at: at + offset)
    case .unterminatedText(let at): .unterminatedText(at: at + offset)
    case .invalidUTF8(let at): .invalidUTF8(at: at + offset)
    case .unknownTag(let tag, let at): .unknownTag(tag, at: at + offset)
    case .trailingBytes(let count, let at): .trailingBytes(count: count, at: at + offset)
    }
  }
}

extension DecodeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let need, let have, let at): "needs \(need) bytes at offset \(at), has \(have)"
    case .invalidLength(let length, let at): "invalid length \(length) at offset \(at)"
    case .unterminatedText(let at): "text at offset \(at) does not end"
    case .invalidUTF8(let at): "text at offset \(at) is not UTF-8"
    case .unknownTag(let tag, let at): "unknown tag 0x\(String(tag, radix: 16)) at offset \(at)"
    case .trailingBytes(let count, let at): "\(count) bytes left over at offset \(at)"
    }
  }
}
