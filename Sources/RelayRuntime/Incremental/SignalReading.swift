import EventRouting

/// Signals that come by another way than the stream: a file, a topic. Read elsewhere, so that nothing waits for them here.
///
/// One stays where it lies until what it asked for is stored (`settle`): a kill before that lets it come again, and one after
/// it finds its `SignalMark` in the state record.
public protocol SignalReading: AnyObject {
  /// The next one that has come, if any.
  func poll() -> ChannelSignal?
  /// The first `count` of all that `poll` has given are followed, and that is stored: they may go from where they lie.
  func settle(_ count: Int)
  /// Nothing that has been followed lies anywhere any more: a new start would not read it again.
  var isReleased: Bool { get }
}

/// A signal with its place.
public struct ChannelSignal: Sendable, Equatable {
  public var message: SignalMessage
  public var mark: SignalMark

  public init(_ message: SignalMessage, at mark: SignalMark) {
    self.message = message
    self.mark = mark
  }
}

/// How far a channel has been followed.
public enum SignalMark: Sendable, Equatable {
  /// Up to before this offset of the topic's partition.
  case topic(next: Int64)
  case file(FilePrefix)
}

/// The first lines of a file.
public struct FilePrefix: Sendable, Equatable {
  public var byteCount: Int
  /// `ContentHash` of the lines, one after another.
  public var hash: UInt64

  public init(byteCount: Int = 0, hash: UInt64 = 0) {
    self.byteCount = byteCount
    self.hash = hash
  }
}

/// How far each channel has been followed, while that is not forgotten there; in the state record.
public struct SignalMarks: Sendable, Equatable {
  /// Offset behind the last record.
  public var topicNext: Int64?
  public var file: FilePrefix?

  public init(topicNext: Int64? = nil, file: FilePrefix? = nil) {
    self.topicNext = topicNext
    self.file = file
  }

  public var isEmpty: Bool { topicNext == nil && file == nil }

  mutating func move(to mark: SignalMark) {
    switch mark {
    case .topic(let next): topicNext = next
    case .file(let prefix): file = prefix
    }
  }
}
