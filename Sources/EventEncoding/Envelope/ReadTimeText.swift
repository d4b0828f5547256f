import Primitives

/// The envelope's own times, `,"ts_ms":…,"ts_us":…,"ts_ns":…`. All rows of one turn of the loop have the same, so they are
/// printed once a turn.
struct ReadTimeText: ~Copyable {
  private var nanoseconds: Int64?
  private var text = ByteWriter()

  mutating func write(_ now: Int64, into out: inout ByteWriter) {
    if now != nanoseconds {
      nanoseconds = now
      text.removeAll()
      text.append(",\"ts_ms\":")
      text.append(decimal: floorDivide(now, 1_000_000))
      text.append(",\"ts_us\":")
      text.append(decimal: floorDivide(now, 1_000))
      text.append(",\"ts_ns\":")
      text.append(decimal: now)
    }
    out.append(text.bytes)
  }
}
