import EventEncoding
import EventRouting
import Primitives

/// What signals ask of incremental and blocking snapshots.
extension IncrementalSnapshot {
  public mutating func setKnownTables(_ tables: [TableID]) { knownTables = tables.sorted() }

  /// A table that a pattern can mean from now on.
  mutating func learn(_ table: TableID) {
    var low = 0
    var high = knownTables.count
    while low < high {
      let middle = (low + high) / 2
      if knownTables[middle] < table { low = middle + 1 } else { high = middle }
    }
    if low == knownTables.count || knownTables[low] != table { knownTables.insert(table, at: low) }
  }

  /// A signal has come. One that cannot be followed is told in the log and changes nothing.
  /// - Parameters:
  ///   - position: where the stream stands, for the rows of a blocking snapshot.
  ///   - isStale: `EventPipeline.isWindowStale`, for the closing watermark.
  public mutating func receive(
    _ signal: SignalMessage, at position: (lsn: LSN, lastCommit: LSN?, transactionID: UInt64), isStale: Bool
  ) -> [Action] {
    guard signal.byteCount <= SignalMessage.bytesMax else {
      return [.log(.warning, "a signal of \(signal.byteCount) bytes is ignored: \(SignalMessage.bytesMax) is the most")]
    }
    do throws(SignalData.Refusal) {
      switch signal.type {
      case SignalMessage.windowOpen: return opened(signal.id)
      case SignalMessage.windowClose: return closed(signal.id, isStale: isStale)
      case "execute-snapshot": return try execute(signal, position)
      case "stop-snapshot": return try stop(signal)
      case "pause-snapshot": return pause()
      case "resume-snapshot": return resume()
      case "log": return try log(signal)
      case "schema-changes":
        return [
          .log(.warning, "signal '\(signal.id)': schema-changes is for connectors that keep a history of schemas")
        ]
      default:
        return [
          .log(.warning, "signal '\(signal.id)': the type '\(signal.type ?? "")' is not known; the signal is ignored")
        ]
      }
    } catch {
      return [.log(.warning, "signal '\(signal.id)' of type '\(signal.type ?? "")' is ignored: \(error.reason)")]
    }
  }

  /// A signal of a channel other than the stream. Where it lay is part of the context, so that one who starts with that
  /// neither loses the signal nor follows it again.
  mutating func receive(
    _ signal: ChannelSignal, at position: (lsn: LSN, lastCommit: LSN?, transactionID: UInt64), isStale: Bool
  ) -> [Action] {
    context.marks.move(to: signal.mark)
    version += 1
    return receive(signal.message, at: position, isStale: isStale)
  }

  /// Nothing that has been followed would be read again.
  mutating func forgetMarks() {
    if context.marks.isEmpty { return }
    context.marks = SignalMarks()
    version += 1
  }

  private mutating func opened(_ id: String) -> [Action] {
    switch phase {
    case .reading(let chunk, _) where id.hasPrefix(chunk) && watermarks == .signalTable:
      phase = .reading(id: chunk, isOpen: true)
      return []
    case .waiting(var window) where id.hasPrefix(window.id) && window.closesAt == nil && !window.isOpen:
      if hasStreamed(window.writers) {
        rowsScanned -= window.rows
        return [.discard] + readAgainLater()
      }
      window.isOpen = true
      phase = .waiting(window)
      return [.deduplicate]
    default: return []
    }
  }

  private mutating func closed(_ id: String, isStale: Bool) -> [Action] {
    guard case .waiting(let window) = phase, id.hasPrefix(window.id), window.closesAt == nil, window.isOpen else {
      return []
    }
    return close(window, isStale: isStale)
  }

  private mutating func execute(
    _ signal: SignalMessage, _ position: (lsn: LSN, lastCommit: LSN?, transactionID: UInt64)
  ) throws(SignalData.Refusal) -> [Action] {
    let data = try SignalData(signal.data)
    guard let patterns = data.collections else {
      throw SignalData.Refusal(reason: "data-collections is missing or empty")
    }
    var actions: [Action] = []
    if data.hasLegacyCondition {
      actions.append(
        .log(.warning, "signal '\(signal.id)': additional-condition is not read; write additional-conditions"))
    }
    if data.type == .blocking {
      var asked = context
      asked.blocking.append(try BlockingSnapshot(data, patterns, at: position))
      try IncrementalSnapshot.checkSize(of: asked)
      context = asked
      version += 1
      return actions
    }
    guard watermarks != nil else {
      throw SignalData.Refusal(
        reason: "incremental snapshots need signal.data.collection, or read.only=true")
    }
    let conditions = try SnapshotSelection.compile(data.conditions)
    let tables = try SnapshotSelection.expand(patterns, known: knownTables)
    var collections: [IncrementalContext.Collection] = []
    for name in tables {
      guard let table = TableID(parsing: name) else {
        actions.append(.log(.warning, "signal '\(signal.id)': \(name) is no name of a table"))
        continue
      }
      let filter = conditions.first { $0.pattern.matches(name) }?.filter
      collections.append(
        .init(
          table: table, filter: filter.flatMap { $0.isEmpty ? nil : $0 }, surrogateKey: data.surrogateKey))
    }
    let isFirst = !context.isRunning
    var asked = context
    asked.collections += collections
    asked.correlationID = signal.id
    try IncrementalSnapshot.checkSize(of: asked)
    context = asked
    version += 1
    guard isFirst, context.isRunning else { return actions }
    actions.append(
      .log(.info, "incremental snapshot of \(list) begins, asked for by signal '\(signal.id)'"))
    actions.append(notification(.started, ["data_collections": list]))
    if case .idle = phase { actions += readNext() }
    return actions
  }

  /// What is asked for is stored until it is done, so it is bounded, together with what waits from earlier signals.
  private static func checkSize(of context: IncrementalContext) throws(SignalData.Refusal) {
    guard context.signalBytes > IncrementalContext.signalBytesMax else { return }
    throw SignalData.Refusal(
      reason: """
        with what waits already its names and conditions take \(context.signalBytes) bytes, and the state record has \
        room for \(IncrementalContext.signalBytesMax); ask for fewer tables at a time, or for shorter conditions
        """)
  }

  private mutating func stop(_ signal: SignalMessage) throws(SignalData.Refusal) -> [Action] {
    let data = try SignalData(signal.data)
    guard data.type == .incremental, context.isRunning else { return [] }
    var asked = context
    for pattern in data.collections ?? [".*"] {
      // Refused at once: later nobody would know which signal it was.
      _ = try SnapshotSelection.pattern(pattern)
      asked.stops.append(pattern)
    }
    try IncrementalSnapshot.checkSize(of: asked)
    context = asked
    version += 1
    if case .idle = phase { return takeStops() }
    return []
  }

  /// Takes tables out of the queue: those that wait first, then the one being read.
  mutating func takeStops() -> [Action] {
    guard !context.stops.isEmpty else { return [] }
    let patterns = context.stops
    context.stops = []
    version += 1
    guard context.isRunning else { return [] }
    let names = context.collections.map(\.table.description)
    // Each was compiled when it came.
    let stopped = (try? SnapshotSelection.expand(patterns, known: context.collections.map(\.table))) ?? []
    let current = names[0]
    var removed: [String] = []
    for name in stopped where name != current && names.contains(name) {
      context.collections.removeAll { $0.table.description == name }
      removed.append(name)
    }
    var actions: [Action] = []
    if stopped.contains(current) {
      removed.append(current)
      // The same table can wait a second time.
      actions += nextCollection()
    }
    actions.append(notification(.aborted, ["data_collections": removed.joined(separator: ",")]))
    actions.append(.log(.info, "incremental snapshot: stopped for \(removed.joined(separator: ", "))"))
    if !context.isRunning { context.correlationID = nil }
    return actions
  }

  private mutating func pause() -> [Action] {
    guard context.isRunning, !isPaused else { return [] }
    isPaused = true
    return [notification(.paused, ["data_collections": list]), .log(.info, "incremental snapshot is paused")]
  }

  private mutating func resume() -> [Action] {
    guard context.isRunning, isPaused else { return [] }
    isPaused = false
    let actions: [Action] = [
      notification(.resumed, ["data_collections": list]), .log(.info, "incremental snapshot goes on"),
    ]
    guard case .idle = phase else { return actions }
    return actions + readNext()
  }

  private func log(_ signal: SignalMessage) throws(SignalData.Refusal) -> [Action] {
    guard let message = try SignalData(signal.data).message, !message.isEmpty else {
      throw SignalData.Refusal(reason: "message is missing")
    }
    return [.log(.info, message)]
  }
}
