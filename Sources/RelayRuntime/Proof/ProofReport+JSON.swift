import Primitives

extension ProofReport {
  /// One JSON object: what `sluice verify --json` prints. Hashes are 32 hexadecimal digits, positions as PostgreSQL writes
  /// them.
  public var json: String {
    var out = ByteWriter(minimumCapacity: 4_096)
    out.append("{")
    text("connector", connector, first: true, &out)
    text("database", database, &out)
    text("slot", slot, &out)
    text("position", position.description, &out)
    name("confirmed", &out)
    if let confirmed { JSONText.writeString(confirmed.description, into: &out) } else { out.append("null") }
    name("since", &out)
    if let sinceMilliseconds { out.append(decimal: sinceMilliseconds) } else { out.append("null") }
    name("agrees", &out)
    out.append(agrees ? "true" : "false")
    name("caughtUp", &out)
    out.append(isCaughtUp ? "true" : "false")
    for (label, value) in [
      ("missing", missing), ("different", different), ("extra", extra), ("duplicates", duplicates),
    ] { number(label, value, &out) }
    array("lines", lines, &out) { line, out in
      text("table", line.table, first: true, &out)
      name("aggregate", &out)
      if let aggregate = line.aggregate { JSONText.writeString(aggregate, into: &out) } else { out.append("null") }
      text("topic", line.topic, &out)
      for (label, value) in [
        ("rows", line.rows), ("matched", line.matched), ("missing", line.missing), ("different", line.different),
        ("outsideWindow", line.outsideWindow), ("deadLettered", line.deadLettered),
        ("unavailableValues", line.unavailableValues), ("addedColumns", line.addedColumns),
      ] { number(label, value, &out) }
      text("databaseHash", line.databaseHash.text, &out)
      text("kafkaHash", line.kafkaHash.text, &out)
    }
    array("topics", topics, &out) { topic, out in
      text("topic", topic.name, first: true, &out)
      for (label, value) in [
        ("records", topic.records), ("deletions", topic.deletions), ("keys", topic.keys),
        ("duplicates", topic.duplicates), ("extra", topic.extra), ("withoutRow", topic.withoutRow),
        ("notJudged", topic.notJudged),
      ] { number(label, value, &out) }
      text("databaseHash", topic.databaseHash.text, &out)
      text("kafkaHash", topic.kafkaHash.text, &out)
    }
    array("differences", differences, &out) { difference, out in
      text("kind", difference.kind.rawValue, first: true, &out)
      text("table", difference.table, &out)
      text("topic", difference.topic, &out)
      text("key", difference.key, &out)
      name("columns", &out)
      list(difference.columns, &out)
      name("partition", &out)
      if let partition = difference.partition { out.append(decimal: partition) } else { out.append("null") }
      name("offset", &out)
      if let offset = difference.offset { out.append(decimal: offset) } else { out.append("null") }
    }
    name("remarks", &out)
    list(remarks, &out)
    out.append("}")
    return String(decoding: out.array, as: UTF8.self)
  }

  private func name(_ name: String, _ out: inout ByteWriter) {
    out.append(",\"")
    out.append(utf8: name)
    out.append("\":")
  }

  private func text(_ label: String, _ value: String, first: Bool = false, _ out: inout ByteWriter) {
    if first {
      out.append("\"")
      out.append(utf8: label)
      out.append("\":")
    } else {
      name(label, &out)
    }
    JSONText.writeString(value, into: &out)
  }

  private func number(_ label: String, _ value: UInt64, _ out: inout ByteWriter) {
    name(label, &out)
    out.append(decimal: value)
  }

  private func list(_ values: [String], _ out: inout ByteWriter) {
    out.append("[")
    for (index, value) in values.enumerated() {
      if index > 0 { out.append(",") }
      JSONText.writeString(value, into: &out)
    }
    out.append("]")
  }

  private func array<Element>(
    _ label: String, _ values: [Element], _ out: inout ByteWriter, _ body: (Element, inout ByteWriter) -> Void
  ) {
    name(label, &out)
    out.append("[")
    for (index, value) in values.enumerated() {
      out.append(index > 0 ? ",{" : "{")
      body(value, &out)
      out.append("}")
    }
    out.append("]")
  }
}
