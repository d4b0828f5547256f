import Primitives
import Testing

@testable import EventEncoding

@Suite struct JSONTextTests {
  private func json(_ bytes: [UInt8]) -> String {
    var out = ByteWriter()
    JSONText.writeString(bytes, into: &out)
    return String(decoding: out.copiedBytes, as: UTF8.self)
  }

  private func json(_ text: String) -> String { json(Array(text.utf8)) }

  @Test func quotesBackslashesAndControlsAreEscaped() {
    #expect(json("a\"b\\c/d'") == #""a\"b\\c/d'""#)
    #expect(json("\u{8}\t\n\u{C}\r") == #""\b\t\n\f\r""#)
    #expect(json("\u{0}\u{1}\u{1B}\u{1F}\u{7F}") == "\"\\u0000\\u0001\\u001B\\u001F\u{7F}\"")
  }

  @Test func charactersBeyondTheBasicPlaneAreTwoSurrogates() {
    #expect(json("😀") == #""\uD83D\uDE00""#)
    #expect(json("\u{10000}\u{10FFFF}") == #""\uD800\uDC00\uDBFF\uDFFF""#)
    #expect(json("漢é\u{2028}\u{FEFF}\u{D7FF}\u{E000}\u{FFFD}") == "\"漢é\u{2028}\u{FEFF}\u{D7FF}\u{E000}\u{FFFD}\"")
  }

  @Test func aSurrogateThatStandsAloneIsEscaped() {
    #expect(json([0xED, 0xA0, 0x80]) == #""\uD800""#)
    #expect(json([0x61, 0xED, 0xBF, 0xBF, 0x62]) == #""a\uDFFFb""#)
  }

  @Test func everyPositionInAWordIsLookedAt() {
    for length in 0..<40 {
      for position in 0..<length {
        for special in ["\"", "\\", "\n", "😀", "é"] {
          let text =
            String(repeating: "x", count: position) + special + String(repeating: "y", count: length - position - 1)
          let escaped = ["\"": "\\\"", "\\": "\\\\", "\n": "\\n", "😀": "\\uD83D\\uDE00", "é": "é"][special]!
          #expect(json(text) == "\"" + text.replacing(special, with: escaped) + "\"")
        }
      }
    }
  }

  @Test func bytesThatAreNotUTF8DoNotTrap() {
    for first in UInt8(0xC0)...0xFF {
      for count in 0..<4 { _ = json([first] + [UInt8](repeating: 0x80, count: count)) }
      _ = json([first, 0x22])
    }
  }

  @Test func base64IsPadded() {
    func base64(_ bytes: [UInt8], _ alphabet: Base64Text.Alphabet = .standard) -> String {
      var out = ByteWriter()
      Base64Text.write(bytes, alphabet: alphabet, into: &out)
      return String(decoding: out.copiedBytes, as: UTF8.self)
    }
    #expect(base64([]) == "")
    #expect(base64([0]) == "AA==")
    #expect(base64([0, 255]) == "AP8=")
    #expect(base64([251, 239, 190]) == "++++")
    #expect(base64([251, 239, 190, 255], .urlSafe) == "----_w==")
  }
}
