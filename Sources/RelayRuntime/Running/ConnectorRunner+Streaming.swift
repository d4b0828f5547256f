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
    let version = loop.source.server.serverVersion
    var proto = StreamingProtocol.committedOnly
    do throws(SourceError) {
      if let space {
        // What came from elsewhere carries the position there, and an open transaction's is not told.
        if try loop.source.server.hasReplicationOrigins() {
          logger.info("the server has replication origins: transactions are read only once they have committed")
        } else {
          proto = .choose(plan.streaming.mode, serverVersion: version)
          loop.source.begin(
            spillingTo: space, memoryBytesMax: plan.streaming.memoryBytesMax,
            sendsEmptyTransactions: version < 150_000)
        }
      }
      try loop.source.server.start(
        slot: plan.slot, at: loop.handedOver, options: pgoutputOptions(proto, serverVersion: version))
    } catch {
      throw .source(error)
    }
    logger.info("streaming from slot \(plan.slot) at LSN \(loop.handedOver), protocol version \(proto.version)")
  }

  private func pgoutputOptions(_ proto: StreamingProtocol, serverVersion: Int) -> [(name: String, value: String)] {
    var options = [
      (name: "proto_version", value: String(proto.version)),
      (name: "publication_names", value: PostgresConnection.quoted(identifier: plan.publication)),
    ]
    if let streaming = proto.streaming { options.append((name: "streaming", value: streaming)) }
    // Logical messages came with PostgreSQL 14.
    if serverVersion >= 140_000 { options.append((name: "messages", value: "true")) }
    return options + plan.streamParameters
  }
}
