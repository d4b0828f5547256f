import ConnectorConfig
import EventEncoding
import EventRouting
import PgOutput
import Primitives
import RelayRuntime

/// A connector as a file describes it, and what its pipeline makes of messages.
struct SampleConnector {
  private let options: PipelineOptions

  /// Throws where the files are refused. No server is asked, and no file is read for a value.
  init(_ file: ConfigSource, worker: ConfigSource = worker) throws {
    let loaded = try ConfigLoader.load(worker: worker, connectors: [file], environment: ["PGUSER": "u"])
    options = try PlanBuilder(worker: loaded.worker).plan(loaded.connectors[0]).makePipelineOptions(
      "01a1fbeb-f0f2-7f6f-83af-42445af57a74")
  }

  static let worker = ConfigSource(
    file: "worker.properties",
    text: """
      bootstrap.servers=localhost:9092
      key.converter=org.apache.kafka.connect.json.JsonConverter
      config.providers=env,file,dir
      config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
      config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
      config.providers.file.param.allowed.paths=/nowhere
      config.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
      config.providers.dir.param.allowed.paths=/nowhere
      """)

  /// Files that between them reach every way that a row can go. No two threads share their patterns: one decoder uses
  /// them, whose inputs come one after another.
  nonisolated(unsafe) static let all = [
    "value.converter.schemas.enable=false",
    """
    value.converter.schemas.enable=true
    provide.transaction.metadata=true
    skipped.operations=none
    column.propagate.source.type=.*
    tombstones.on.delete=true
    decimal.handling.mode=string
    time.precision.mode=isostring
    include.unknown.datatypes=true
    interval.handling.mode=string
    hstore.handling.mode=map
    field.name.adjustment.mode=avro
    """,
    """
    transforms=o
    transforms.o.type=io.debezium.transforms.outbox.EventRouter
    transforms.o.table.expand.json.payload=true
    transforms.o.table.fields.additional.placement=type:envelope
    transforms.o.table.op.invalid.behavior=warn
    transforms.o.route.tombstone.on.empty.payload=true
    key.converter=org.apache.kafka.connect.storage.StringConverter
    errors.tolerance=all
    errors.deadletterqueue.topic.name=dead
    errors.deadletterqueue.context.headers.enable=true
    """,
    """
    value.converter.schemas.enable=false
    transforms=o
    transforms.o.type=io.debezium.transforms.outbox.EventRouter
    sluice.outbox.json=exact
    key.converter=org.apache.kafka.connect.storage.StringConverter
    """,
    """
    value.converter.schemas.enable=false
    transforms=u,f,c
    transforms.u.type=io.debezium.transforms.ExtractNewRecordState
    transforms.u.delete.tombstone.handling.mode=rewrite
    transforms.u.add.headers=op,source.lsn
    transforms.f.type=org.apache.kafka.connect.transforms.Flatten$Value
    transforms.c.type=org.apache.kafka.connect.transforms.Cast$Value
    transforms.c.spec=n:string,i:int8,f:int32,t:float64
    event.processing.failure.handling.mode=warn
    """,
    """
    column.mask.hash.SHA-256.with.salt.x=.*\\\\.t
    column.truncate.to.3.chars=.*\\\\.u
    skip.messages.without.change=true
    post.processors=r
    post.processors.r.type=io.debezium.processors.reselect.ReselectColumnsPostProcessor
    post.processors.r.reselect.unavailable.values=true
    post.processors.r.reselect.null.values=true
    event.converting.failure.handling.mode=skip
    signal.data.collection=public.s
    decimal.handling.mode=double
    binary.handling.mode=hex
    time.precision.mode=connect
    """,
  ].map { properties in
    try! SampleConnector(
      ConfigSource(
        file: "connector.properties",
        text: """
          name=fuzz
          connector.class=io.debezium.connector.postgresql.PostgresConnector
          plugin.name=pgoutput
          database.hostname=localhost
          database.dbname=bank
          database.user=u
          topic.prefix=p
          value.converter=org.apache.kafka.connect.json.JsonConverter

          """ + properties))
  }

  /// Feeds the messages to a pipeline, which refuses those that it cannot take. Each record that is to be JSON is.
  func run(_ messages: [[UInt8]]) throws(FuzzTarget.Violation) {
    var pipeline = EventPipeline(options, lastCommit: nil)
    for (index, message) in messages.enumerated() {
      let lsn = LSN(rawValue: UInt64(index))
      let header = XLogDataHeader(walStart: lsn, walEnd: lsn, sentAt: PostgresTimestamp(microsecondsSince2000: 0))
      do throws(PipelineError) {
        switch try unsafe pipeline.receive(message.span.bytes, header, now: 1_795_225_000_123_456_789) {
        case .needsTable(let relation): pipeline.install(relation, Self.table(relation))
        case .needsRow(let lookup):
          try pipeline.supply(
            index % 2 == 0 ? .missing : .row(lookup.columns.map { $0.count % 2 == 0 ? nil : Array("1".utf8) }))
        default: break
        }
      } catch {
        // The loop stops there. Here the rest is tried too.
      }
      while !pipeline.records.isEmpty {
        try Self.check(pipeline.records.first.record, pipeline.topics, options)
        pipeline.records.removeFirst()
      }
      _ = pipeline.takeConversionWarning()
      _ = pipeline.takeDeadLetters()
      _ = pipeline.takeSkippedChanges()
      _ = pipeline.takeReselectionWarning()
      _ = pipeline.takeSignalWarning()
    }
  }

  private static func check(
    _ record: borrowing EncodedRecord, _ topics: TopicTable, _ options: PipelineOptions
  ) throws(FuzzTarget.Violation) {
    let bytes = record.bytes.copiedBytes
    try expect(topics.names.indices.contains(record.topic), "topic \(record.topic)")
    // What is read from an outbox may be any text under a StringConverter, and so may a dead letter.
    let isDeadLetter = topics.names[record.topic] == options.deadLetter?.topic
    if let key = record.key, case .json = options.keyConverter, !isDeadLetter {
      try expectJSON(Array(bytes[key]), "a key")
    }
    if let value = record.value, case .json = options.valueConverter, !isDeadLetter {
      try expectJSON(Array(bytes[value]), "a value")
    }
    for header in record.headers {
      try expect(bytes[header.name.upperBound] == 0, "a header's name has no end")
      if let value = header.value { try expect(value.upperBound <= bytes.count, "a header stands at \(value)") }
    }
  }

  /// What a catalogue would say of a relation.
  private static func table(_ relation: Relation) -> TableDescription {
    TableDescription(
      id: TableID(schema: relation.schema, name: relation.name),
      columns: relation.columns.map { column in
        .init(
          name: column.name, type: FuzzTypes.type(column.type.rawValue), typeModifier: column.typeModifier,
          isNullable: !column.isKey)
      },
      keyColumns: relation.columns.filter(\.isKey).map(\.name))
  }
}
