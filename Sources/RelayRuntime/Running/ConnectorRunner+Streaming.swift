import Logging
import PostgresSource
import Primitives

/// How a connection is asked for its stream: whole transactions only, or also those that are still open.
extension ConnectorRunner {
  /// Where open transactions go; `nil`: they are not asked for. A directory that was named must be good; without one the
  /// connector does as well with committed transactions.
  func openSpillSpace(serverVersion: Int) throws(ConnectorFailure) -> (any SpillSpace)? {
    if StreamingProtocol.choose(plan.streaming.mode, serverVersion: serverVersion) == .committedOnly { return nil }
    do throws(SpillError) {
      return try SpillDirectory(path: plan.streaming.directory ?? SpillDirectory.defaultPath)
    } catch {
      if plan.streaming.directory != nil { throw ConnectorFailure(.configuration, "sluice.spill.directory: \(error)") }
      logger.warning(
        "transactions are read only once they have committed: \(error). Set sluice.spill.directory, or sluice.streaming=off"
      )
      return nil
    }
  }

  func startReplication(_ loop: inout ProductionLoop, _ space: (any SpillSpace)?) throws(RelayFailure) {
    do throws(SourceError) {
      if seat != nil {
        try loop.source.server.startShared(slot: plan.slot, at: loop.handedOver)
        logger.info("streaming from the shared slot \(plan.slot) at LSN \(loop.handedOver)")
      } else {
        try startReplication(&loop.source, at: loop.handedOver, [plan.publication], space)
      }
    } catch {
      throw .source(error)
    }
  }

  func startReplication(
    _ source: inout StreamedTransactions<PostgresReplicationSource>, at position: LSN, _ publications: [String],
    _ space: (any SpillSpace)?
  ) throws(SourceError) {
    let version = source.server.serverVersion
    var proto = StreamingProtocol.committedOnly
    if let space {
      // What came from elsewhere carries the position there, and an open transaction's is not told.
      if try source.server.hasReplicationOrigins() {
        logger.info("the server has replication origins: transactions are read only once they have committed")
      } else {
        proto = .choose(plan.streaming.mode, serverVersion: version)
        source.begin(
          spillingTo: space, memoryBytesMax: plan.streaming.memoryBytesMax,
          sendsEmptyTransactions: version < ConnectorRunner.withoutEmptyTransactions)
      }
    }
    try source.server.start(
      slot: plan.slot, at: position, options: pgoutputOptions(proto, publications, serverVersion: version))
    logger.info("streaming from slot \(plan.slot) at LSN \(position), protocol version \(proto.version)")
  }

  /// From here on pgoutput says nothing of transactions without changes.
  static let withoutEmptyTransactions = 150_000

  private func pgoutputOptions(
    _ proto: StreamingProtocol, _ publications: [String], serverVersion: Int
  ) -> [(name: String, value: String)] {
    let names = publications.map { PostgresConnection.quoted(identifier: $0) }.joined(separator: ",")
    var options = [
      (name: "proto_version", value: String(proto.version)), (name: "publication_names", value: names),
    ]
    if let streaming = proto.streaming { options.append((name: "streaming", value: streaming)) }
    // Logical messages came with PostgreSQL 14.
    if serverVersion >= 140_000 { options.append((name: "messages", value: "true")) }
    return options + plan.streamParameters
  }
}
