import EventEncoding
import KafkaSink
import Logging
import PostgresSource
import Primitives

/// `sluice replay`: the dead letters of a connector, redelivered in order after a mend. While it runs no relay of the
/// connector does, so that nothing overtakes a letter.
public struct LetterReplay {
  public struct Options: Sendable {
    /// Letters whose keys were not held go too, though later records of them are out already.
    public var allowsOutOfOrder = false
    /// Only counts.
    public var isDryRun = false

    public init() {}
  }

  public struct Report: Sendable, Equatable {
    /// Letters that no replay has redelivered; of a change in several parts, one.
    public internal(set) var outstanding = 0
    /// Of them: their keys were not held.
    public internal(set) var withoutHold = 0
    /// Of them: in another partition than others of their key.
    public internal(set) var scattered = 0
    /// Of them: of records that are no change of a table and no message, such as heartbeats. They are passed over.
    public internal(set) var withoutChange = 0
    /// Records sent to the topics they are for.
    public internal(set) var records = 0
    /// Letters that failed again, or wait behind such a one, and are letters again.
    public internal(set) var lettersAgain = 0

    public init() {}
  }

  let runner: ConnectorRunner
  let options: Options
  let isStopped: @Sendable () -> Bool
  var plan: ConnectorPlan { runner.plan }

  /// - Parameter isStopped: ends it between two letters; the next replay goes on from there.
  public init(
    plan: ConnectorPlan, options: Options, logger: Logger, isStopped: @escaping @Sendable () -> Bool
  ) throws(ConnectorFailure) {
    guard let stop = StopSignal() else { throw ConnectorFailure(.delivery, "no file descriptor left") }
    runner = ConnectorRunner(plan: plan, status: ConnectorStatus(name: plan.name), stop: stop, logger: logger)
    self.options = options
    self.isStopped = isStopped
  }

  public func run() throws(ConnectorFailure) -> Report {
    let pipeline: PipelineOptions
    do {
      pipeline = try plan.makePipelineOptions(
        RunID.make(unixMilliseconds: RelayClock.now().wallNanoseconds / 1_000_000))
    } catch {
      throw ConnectorFailure(.configuration, "\(error)")
    }
    guard let deadLetter = pipeline.deadLetter else {
      throw ConnectorFailure(
        .configuration,
        "errors.tolerance is not all, so this connector makes no dead letters; there is nothing to replay")
    }
    let letters = OutstandingLetters(connector: plan.name, topic: deadLetter.topic, properties: plan.clientProperties)
    try runner.checkCredentials()
    var report = try survey(letters)
    if options.isDryRun || report.outstanding == 0 { return report }
    if report.withoutHold > 0, !options.allowsOutOfOrder {
      throw ConnectorFailure(
        .configuration,
        "\(report.withoutHold) of \(report.outstanding) letters were made without sluice.errors.hold.key: later records of their keys may be out already, and a replay would put older ones behind them. Give --out-of-order where consumers can bear that"
      )
    }
    if report.scattered > 0, !options.allowsOutOfOrder {
      throw ConnectorFailure(
        .configuration,
        "the letters of one key stand in several partitions of \(deadLetter.topic), and nothing tells their order (\(report.scattered) of \(report.outstanding) letters). A topic of dead letters whose keys are held needs one partition. Give --out-of-order where consumers can bear that"
      )
    }
    let replication = try runner.connectReplication()
    guard try runner.lock(replication) else {
      throw ConnectorFailure(
        .slotBusy, "a relay of this connector is running: stop every one of them, replay, and start them again")
    }
    var lessons = DeliveryLessons(producer: plan.producerProperties, deadLetterTopic: deadLetter.topic)
    while true {
      let courier = try courier(letters, pipeline, lessons)
      do throws(ConnectorFailure) {
        try courier.deliver(letters)
        report.records += courier.records
        report.lettersAgain += courier.lettersAgain
        break
      } catch {
        guard case .refused(let records, let stored, let handedOver) = error.kind else { throw error }
        report.records += courier.records
        try runner.learn(&lessons, records, stored: stored, handedOver: handedOver)
      }
    }
    if isStopped() { throw ConnectorFailure(.stopped, "stopped; the next replay goes on where this one was") }
    return report
  }

  private func courier(
    _ letters: OutstandingLetters, _ options: PipelineOptions, _ lessons: DeliveryLessons
  ) throws(ConnectorFailure) -> LetterCourier {
    let offsets: GroupOffsets
    do throws(KafkaError) {
      offsets = try GroupOffsets(group: letters.group, properties: letters.properties)
    } catch {
      throw ConnectorFailure(kafka: error, doing: "consumer group \(letters.group)")
    }
    let source = PostgresReplicationSource(try runner.connectReplication(), catalog: try runner.connect())
    // What an earlier replay has left open is aborted first: the letters are those that count then.
    let producer = try runner.makeProducer(plan.transactions, lessons.batching)
    let holdsKeys = options.deadLetter?.holdsKeys == true
    let overtaken = holdsKeys ? try self.overtaken(letters) : OvertakenLetters()
    let pipeline = EventPipeline(
      options, lastCommit: nil, refusals: lessons.refusals,
      heldKeys: holdsKeys ? overtaken.keys : nil)
    return LetterCourier(
      source, pipeline, letterTopic: letters.topic, overtaken, offsets, producer, plan, runner.logger,
      isStopped: isStopped)
  }

  private func overtaken(_ letters: OutstandingLetters) throws(ConnectorFailure) -> OvertakenLetters {
    let overtaken: OvertakenLetters?
    do throws(KafkaError) {
      overtaken = try letters.overtaken(isStopped: isStopped)
    } catch {
      throw ConnectorFailure(kafka: error, doing: "reading the dead letters of \(letters.topic)")
    }
    guard let overtaken else {
      throw ConnectorFailure(.delivery, "an earlier replay has left more keys waiting than can be held")
    }
    return overtaken
  }

  private func survey(_ letters: OutstandingLetters) throws(ConnectorFailure) -> Report {
    var report = Report()
    var scattered = ScatteredLetters()
    do throws(KafkaError) {
      try letters.read(try letters.range(), isStopped: isStopped) { record, place in
        if let part = record.header(DeadLetterHeader.part), !part.starts(with: Array("1/".utf8)) { return }
        report.outstanding += 1
        if let hold = record.letterHold { scattered.pass(hold, in: place.partition) }
        if record.header(DeadLetterHeader.change) == nil {
          report.withoutChange += 1
        } else if record.header(DeadLetterHeader.hold) == nil {
          report.withoutHold += 1
        }
      }
    } catch {
      throw ConnectorFailure(kafka: error, doing: "reading the dead letters of \(letters.topic)")
    }
    report.scattered = scattered.count
    return report
  }
}

extension ConnectorFailure {
  init(kafka error: KafkaError, doing what: String) {
    let isSetting = error.kind == .notAuthorized || error.kind == .authentication || error.kind == .configuration
    self.init(isSetting ? .configuration : .unreachable, "\(what): \(error)")
  }
}
