import Primitives

/// A compiled time zone file (`TZif`), as a system keeps them under `/usr/share/zoneinfo`. Source: RFC 8536.
public enum ZoneFile {
  /// Why bytes are no such file.
  public struct Failure: Error, Equatable, Sendable {}

  private struct Header {
    var version: UInt8
    var utcIndicators, standardIndicators, leapSeconds, transitions, types, characters: Int

    /// Of the data block behind it.
    func byteCount(timeBytes: Int) -> Int {
      transitions * (timeBytes + 1) + types * 6 + characters + leapSeconds * (timeBytes + 4) + standardIndicators
        + utcIndicators
    }
  }

  public static func rules(of file: [UInt8]) throws(Failure) -> ZoneRules {
    var at = 0
    var header = try readHeader(file, &at)
    guard header.version >= UInt8(ascii: "2") else { throw Failure() }
    // The first block has times of 32 bits, the second the same of 64.
    at += header.byteCount(timeBytes: 4)
    header = try readHeader(file, &at)
    guard header.types > 0, at + header.byteCount(timeBytes: 8) <= file.count else { throw Failure() }
    let indicesStart = at + header.transitions * 8
    let typesStart = indicesStart + header.transitions
    func offset(_ type: Int) throws(Failure) -> Int64 {
      guard type < header.types else { throw Failure() }
      return Int64(Int32(truncatingIfNeeded: bigEndian(file, typesStart + type * 6, count: 4)))
    }
    var transitions: [ZoneRules.Transition] = []
    let initial = try offset(0)
    var before = initial
    for index in 0..<header.transitions {
      let time = Int64(bitPattern: bigEndian(file, at + index * 8, count: 8))
      let after = try offset(Int(file[indicesStart + index]))
      // Far beyond any date, and far from overflow.
      guard time > -(1 << 60), time < 1 << 60, transitions.last.map({ $0.at < time }) ?? true else { throw Failure() }
      if after != before { transitions.append(ZoneRules.Transition(at: time, before: before, after: after)) }
      before = after
    }
    at += header.byteCount(timeBytes: 8)
    let footer = file[at...]
    guard footer.count >= 2, footer.first == 0x0A, footer.last == 0x0A else { throw Failure() }
    let text = footer.dropFirst().dropLast()
    let yearly = text.isEmpty ? nil : YearlyZoneRule(text)
    guard text.isEmpty || yearly != nil else { throw Failure() }
    return ZoneRules(transitions: transitions, initialOffset: initial, yearly: yearly)
  }

  private static func readHeader(_ file: [UInt8], _ at: inout Int) throws(Failure) -> Header {
    guard file.count >= at + 44, Array(file[at..<(at + 4)]) == Array("TZif".utf8) else { throw Failure() }
    func count(_ index: Int) -> Int { Int(bigEndian(file, at + 20 + index * 4, count: 4)) }
    let header = Header(
      version: file[at + 4], utcIndicators: count(0), standardIndicators: count(1), leapSeconds: count(2),
      transitions: count(3), types: count(4), characters: count(5))
    at += 44
    return header
  }

  /// The caller has checked that the bytes are there.
  private static func bigEndian(_ file: [UInt8], _ at: Int, count: Int) -> UInt64 {
    file[at..<(at + count)].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
