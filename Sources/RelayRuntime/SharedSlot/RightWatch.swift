import PostgresSource

/// Asks the session that holds the right to a shared slot, while the stream is read on another, whether it still stands: where
/// it is gone another relay may have the right. (A slot of its own is locked by the stream's own session.) Never waits.
struct RightWatch {
  private var askedAt: Int64?
  private var heardAt: Int64?
  /// As for the stream itself.
  let silenceMaxMilliseconds: Int64

  static let intervalMilliseconds: Int64 = 1_000

  init(silenceMaxMilliseconds: Int64) { self.silenceMaxMilliseconds = silenceMaxMilliseconds }

  mutating func look(at session: borrowing ReplicationConnection, _ now: Int64) throws(SourceError) {
    do throws(PostgresError) {
      if let asked = askedAt {
        if try session.hasAnswered() {
          askedAt = nil
          heardAt = now
        } else if now - asked >= silenceMaxMilliseconds {
          throw PostgresError(
            kind: .connection, message: "the server has not been heard of for \((now - asked) / 1_000) s")
        }
      } else if now - (heardAt ?? .min / 2) >= RightWatch.intervalMilliseconds {
        try session.ask()
        askedAt = now
      }
    } catch {
      throw SourceError(
        .reconnect, "the session that holds the right to the shared slot is gone: \(error.withoutValues)")
    }
  }
}
