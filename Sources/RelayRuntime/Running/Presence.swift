/// A relay that did nothing for so long (SIGSTOP, a machine that stood still) may have lost its slot without knowing: what
/// waits in its socket another may have sent long ago, and newer changes since.
struct Presence {
  /// Within any `wal_sender_timeout` in use.
  static let absenceMaxMilliseconds: Int64 = 3_000

  private var lastSeenAt: Int64?

  /// Forgets what was: a wait of our own is no absence.
  mutating func begin() { lastSeenAt = nil }

  /// The milliseconds since the last call, where they are too many.
  mutating func absence(at now: Int64) -> Int64? {
    defer { lastSeenAt = now }
    guard let lastSeenAt, now - lastSeenAt >= Presence.absenceMaxMilliseconds else { return nil }
    return now - lastSeenAt
  }
}
