import Primitives

/// A decoder of bytes from outside, as a function that libFuzzer and the replay of the corpus both call.
public struct FuzzTarget: Sendable {
  /// What a decoder promised and did not keep. A trap needs no such word: it ends the process.
  public struct Violation: Error, CustomStringConvertible {
    public let description: String
  }

  /// Its folder under `Tests/FuzzCorpus`.
  public let name: String
  /// Takes any bytes; throws where a promise beyond "does not trap" is broken.
  public let run: @Sendable ([UInt8]) throws(Violation) -> Void

  init(_ name: String, _ run: @escaping @Sendable ([UInt8]) throws(Violation) -> Void) {
    self.name = name
    self.run = run
  }

  /// In the order in which bytes meet them.
  public static let all: [FuzzTarget] = stream + values + documents + configuration + texts
}

/// Throws where `condition` does not hold.
func expect(_ condition: Bool, _ fact: @autoclosure () -> String) throws(FuzzTarget.Violation) {
  guard condition else { throw FuzzTarget.Violation(description: fact()) }
}

/// Throws for what is not one JSON value and nothing else.
func expectJSON(_ text: [UInt8], _ what: @autoclosure () -> String) throws(FuzzTarget.Violation) {
  var at = 0
  var out = ByteWriter(minimumCapacity: text.count)
  let isValue = unsafe CompactJSON.writeValue(text.span.bytes, &at, into: &out)
  try expect(isValue && at == text.count, "\(what()) is no JSON: \(String(decoding: text, as: UTF8.self))")
}
