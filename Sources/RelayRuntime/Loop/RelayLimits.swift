/// Bounds of one turn, and the loop's times.
public struct RelayLimits: Sendable {
  /// Frames read in one turn before acknowledgements are collected again.
  public var framesPerTurnMax = 512
  /// After so many frames within a turn the source is asked whether the relay stood still meanwhile: what a frozen relay
  /// still hands over when it goes on.
  public var framesBetweenPresenceChecks = 16
  /// Nothing more is read while so many transactions wait for the oldest to be acknowledged: one partition can stand still for
  /// long while others take their records. Above what librdkafka's queue holds unless it is set, and far below what a
  /// `RecordTicket` tells apart.
  public var unitsInFlightMax = 1 << 17
  /// Bytes read in one turn.
  public var bytesPerTurnMax = 1 << 20
  /// `status.update.interval.ms`.
  public var statusIntervalMilliseconds: Int64 = 10_000
  /// A server that has said nothing for so long, though asked, is gone: a host that vanishes closes no connection.
  public var silenceMaxMilliseconds = silenceMax(senderTimeoutMilliseconds: 60_000)
  /// The same while the producer takes no records and so nothing is read: well inside any `wal_sender_timeout`.
  public var blockedStatusIntervalMilliseconds: Int64 = 1_000
  /// The state record is written no more often than this while the position moves.
  public var storeIntervalMilliseconds: Int64 = 200
  /// While the stream runs the state record is written again after so long without a new one; `nil` where nobody's late record
  /// can stand behind it.
  public var restateIntervalMilliseconds: Int64?
  /// With nothing in flight the server's WAL end is taken over no more often than this.
  public var idleAdvanceIntervalMilliseconds: Int64 = 1_000
  /// While a chunk waits for a position, the server is asked this often how far it is.
  public var positionRequestIntervalMilliseconds: Int64 = 100

  /// `heartbeat.interval.ms`; 0 sends none.
  public var heartbeatIntervalMilliseconds: Int64 = 0
  /// `heartbeat.action.query`.
  public var heartbeatQuery: String?
  /// `xmin.fetch.interval.ms`; 0 leaves `source.xmin` null.
  public var xminIntervalMilliseconds: Int64 = 0
  /// `notification.enabled.channels` has `log`.
  public var logsNotifications = false
  /// `flush.lsn.source`: positions are told to the server as flushed.
  public var confirmsToServer = true

  public init() {}

  /// Servers send a keepalive at least every half `wal_sender_timeout`, and are asked for one before; a quarter is for the way.
  /// Not below five seconds, within which a server under load may answer nobody.
  public static func silenceMax(senderTimeoutMilliseconds timeout: Int64) -> Int64 { max(timeout / 4 * 3, 5_000) }
}
