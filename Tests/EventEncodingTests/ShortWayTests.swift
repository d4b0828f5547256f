import ConnectData
import Primitives
import Testing

@testable import EventEncoding

/// What the row path writes by a short way is what the long way writes, or left to that.
@Suite struct ShortWayTests {
  private func written(_ write: (inout ByteWriter) -> Bool) -> String? {
    var out = ByteWriter(minimumCapacity: 0)
    out.append(UInt8(ascii: ":"))
    guard write(&out) else {
      #expect(out.count == 1)
      return nil
    }
    return String(decoding: out.copiedBytes.dropFirst(), as: UTF8.self)
  }

  /// The text with each of its bytes replaced in turn, as it is, longer and shorter.
  private func variants(_ text: String) -> [[UInt8]] {
    let bytes = Array(text.utf8)
    var all = [bytes, bytes + [0x30], Array(bytes.dropLast()), Array(bytes.dropFirst())]
    for place in bytes.indices {
      for byte in Array("059.:-+ Ta/\u{7F}".utf8) + [0, 0x80, 0xB0, 0xBA, 0xFF] {
        var changed = bytes
        changed[place] = byte
        all.append(changed)
      }
    }
    return all
  }

  @Test func timesInUTC() {
    let texts = [
      "2024-02-28 12:34:56+00", "2024-12-09 00:00:00.1+00", "0001-01-01 23:59:59.12+00", "9999-10-28 20:19:18.123+00",
      "2024-01-01 09:08:07.1234+00", "2024-11-30 01:02:03.12345+00", "1999-06-15 10:20:30.123456+00",
    ]
    var taken = 0
    for text in texts.flatMap(variants) {
      for digits in 0...6 {
        let short = written { unsafe TimestampValue.writeUTC(text.span.bytes, fractionDigits: digits, into: &$0) }
        guard let short else { continue }
        taken += 1
        let long = written { out in
          out.append(UInt8(ascii: "\""))
          guard (try? unsafe TimestampValue.writeZoned(text.span.bytes, fractionDigits: digits, into: &out)) != nil
          else {
            return false
          }
          out.append(UInt8(ascii: "\""))
          return true
        }
        #expect(short == long, "\(String(decoding: text, as: UTF8.self)), \(digits)")
      }
    }
    #expect(taken > 1_000)
  }

  @Test func decimals() {
    let texts = [
      "0.00", "2.17", "-2.17", "39595.79", "-39595.79", "-0.01", "1.28", "-1.28", "12345.67", "99999999.99", "0.5", "7",
      "-32768", "1234567890123456.78", "0.000001", "-123.456", "-0.00",
    ]
    var taken = 0
    for text in texts.flatMap(variants) {
      for scale in 0...7 {
        let short = written { unsafe NumericValue.writeShortBase64(text.span.bytes, scale: scale, into: &$0) }
        guard let short else { continue }
        taken += 1
        let long = written { out in
          (try? unsafe NumericValue.writeJSON(text.span.bytes, .precise(scale: scale), .base64, into: &out)) != nil
        }
        #expect(short == long, "\(String(decoding: text, as: UTF8.self)), \(scale)")
      }
    }
    #expect(taken > 300)
  }

  @Test func textsWithWhatIsEscapedAnywhere() {
    var random = SystemRandomNumberGenerator()
    let pieces = ["a", "xyz", "\"", "\\", "\n", "\u{1}", "é", "😀", " ", "{\"k\": \"v\"}", "0123456789abcdef"]
    for _ in 0..<4_000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        // Mostly of the first ones, so that long runs are plain, too.
        let kinds = Bool.random(using: &random) ? pieces.count : 2
        text += pieces[Int.random(in: 0..<kinds, using: &random)]
      }
      let short = written {
        JSONText.writeString(Array(text.utf8), into: &$0)
        return true
      }
      let long = text.unicodeScalars.map { scalar -> String in
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\u{1}": "\\u0001"
        case "😀": "\\uD83D\\uDE00"
        default: String(scalar)
        }
      }
      #expect(short == "\"\(long.joined())\"")
    }
  }
}
