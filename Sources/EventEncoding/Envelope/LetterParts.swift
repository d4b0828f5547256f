import Primitives

/// The parts of a dead letter that does not fit into one: each with the letter's key and headers and a piece of the change.
struct LetterParts {
  private let topic: Int
  private let key: [UInt8]?
  private let headers: [(name: String, value: [UInt8]?)]
  private let change: [UInt8]
  /// Bytes of the change in a part.
  private let room: Int

  var count: Int { (change.count + room - 1) / room }

  init(of letter: borrowing EncodedRecord, _ change: [UInt8], room: Int) {
    topic = letter.topic
    key = letter.copy(letter.key)
    var headers: [(name: String, value: [UInt8]?)] = []
    for header in letter.headers {
      headers.append((String(decoding: letter.copy(header.name) ?? [], as: UTF8.self), letter.copy(header.value)))
    }
    self.headers = headers
    self.change = change
    self.room = room
  }

  func write(_ index: Int, into record: inout EncodedRecord) {
    record.clear()
    record.topic = topic
    for (name, value) in headers { record.append(header: name, value) }
    record.append(header: DeadLetterHeader.part, Array("\(index + 1)/\(count)".utf8))
    record.append(
      header: DeadLetterHeader.change, Array(change[index * room..<min(change.count, (index + 1) * room)]))
    if let key {
      let start = record.bytes.count
      record.bytes.append(key)
      record.key = start..<record.bytes.count
    }
    let start = record.bytes.count
    record.bytes.append("{\"sluice\":\"a change of ")
    record.bytes.append(decimal: UInt64(change.count))
    record.bytes.append(" bytes, too large for one letter\"}")
    record.value = start..<record.bytes.count
  }
}
