import ConnectData
import ConnectorConfig
import EventEncoding
import EventRouting

extension PlanBuilder {
  /// Made on the connector's thread, since compiled patterns are not Sendable.
  static func pipelineOptions(_ options: ConnectorOptions, runID: String) throws -> PipelineOptions {
    var pipeline = PipelineOptions(
      topics: try topicName(options),
      database: options.database.dbname, values: values(options),
      keyConverter: try converter(options.keyConverter), valueConverter: try converter(options.valueConverter),
      filter: try TableFilter(
        schemaIncludeList: options.schemaIncludeList, schemaExcludeList: options.schemaExcludeList,
        tableIncludeList: options.tableIncludeList, tableExcludeList: options.tableExcludeList,
        ignoresBuiltIn: options.tableIgnoreBuiltin),
      columnFilter: try ColumnFilter(
        includeList: options.columnIncludeList, excludeList: options.columnExcludeList),
      transforms: try options.transforms.map { try transform($0, options.predicates) }, runID: runID)
    pipeline.headerConverter = try headerConverter(options.headerConverter)
    pipeline.sendsTombstones = options.tombstonesOnDelete
    pipeline.skippedOperations = Set(
      options.skippedOperations.compactMap { $0.rawValue.utf8.first.flatMap(Operation.init(rawValue:)) })
    let masks = try ColumnMasks(options.columnMasks.map { ($0.patterns, $0.mask) })
    pipeline.columnMasks = masks.isEmpty ? nil : masks
    pipeline.reselection = try options.reselection.map { reselection in
      try RowReselection(
        includeList: reselection.includeList, excludeList: reselection.excludeList,
        takesUnavailable: reselection.takesUnavailable, takesNulls: reselection.takesNulls,
        usesEventKey: reselection.usesEventKey, failsOnError: reselection.failsOnError)
    }
    pipeline.messageKeys = try MessageKeyColumns(options.messageKeyRules)
    pipeline.messageFilter = try MessagePrefixFilter(
      includeList: options.messagePrefixIncludeList, excludeList: options.messagePrefixExcludeList)
    pipeline.skipsUnchangedRows = options.skipMessagesWithoutChange
    pipeline.providesTransactionMetadata = options.provideTransactionMetadata
    pipeline.heartbeatTopic =
      options.heartbeatTopicName
      ?? TopicName.sanitized(options.heartbeatTopicPrefix + options.topicDelimiter + options.topicPrefix)
    pipeline.addsContextHeaders = options.extendedHeadersEnabled
    pipeline.conversionFailureMode =
      ConversionFailureMode(rawValue: options.conversionFailureHandlingMode.rawValue) ?? .warn
    pipeline.processingFailureMode =
      ProcessingFailureMode(rawValue: options.processingFailureHandlingMode.rawValue) ?? .fail
    pipeline.schemaNames = NameAdjustment(rawValue: options.schemaNameAdjustmentMode.rawValue) ?? .none
    pipeline.fieldNames = NameAdjustment(rawValue: options.fieldNameAdjustmentMode.rawValue) ?? .none
    let propagation = try SourceTypePropagation(
      columns: options.columnPropagateSourceType, types: options.datatypePropagateSourceType)
    pipeline.typePropagation = propagation.isEmpty ? nil : propagation
    if options.errorsTolerance == .all, let topic = options.deadLetterTopic {
      pipeline.deadLetter = DeadLetterOptions(
        topic: topic, addsContextHeaders: options.deadLetterContextHeaders, connectorName: options.name,
        holdsKeys: options.deadLetterHoldsKeys)
    }
    if options.outboxJSONIsExact { pipeline.makeOutboxExact() }
    setSignals(options.signals, of: &pipeline)
    return pipeline
  }

  private static func values(_ options: ConnectorOptions) -> ValueOptions {
    ValueOptions(
      decimal: ValueOptions.DecimalHandling(rawValue: options.decimalHandlingMode.rawValue) ?? .precise,
      time: ValueOptions.TimePrecision(rawValue: options.timePrecisionMode.rawValue) ?? .adaptive,
      binary: ValueOptions.BinaryHandling(rawValue: options.binaryHandlingMode.rawValue) ?? .bytes,
      hstore: ValueOptions.HStoreHandling(rawValue: options.hstoreHandlingMode.rawValue) ?? .json,
      interval: ValueOptions.IntervalHandling(rawValue: options.intervalHandlingMode.rawValue) ?? .numeric,
      includesUnknownDatatypes: options.includeUnknownDatatypes, moneyFractionDigits: Int(options.moneyFractionDigits),
      unavailableValuePlaceholder: options.unavailableValuePlaceholder)
  }

  private static func converter(_ options: ConverterOptions) throws -> RecordConverter {
    switch options {
    case .json(let json): return .json(schemasEnabled: json.schemasEnable, jsonOptions(json))
    case .string: return .string
    case .byteArray: return .byteArray
    case .primitive(let type):
      guard let converter = PrimitiveConverter(rawValue: type.rawValue) else {
        throw Failure(description: "\(type.rawValue) is no converter")
      }
      return .primitive(converter)
    case .binaryData(nil): return .binaryData(.none)
    case .binaryData(.json(let json)): return .binaryData(.json(schemasEnabled: json.schemasEnable, jsonOptions(json)))
    case .binaryData(.string): return .binaryData(.string)
    case .binaryData:
      throw Failure(
        description: "delegate.converter.type of BinaryDataConverter must be JsonConverter or StringConverter")
    }
  }

  private static func headerConverter(_ options: HeaderConverterOptions) throws -> HeaderConverter {
    switch options {
    case .simple: .simple
    case .converter(let converter): .converter(try self.converter(converter))
    }
  }

  private static func jsonOptions(_ options: JSONConverterOptions) -> JSONOptions {
    JSONOptions(
      decimalFormat: options.decimalFormat == .numeric ? .numeric : .base64,
      replacesNullWithDefault: options.replaceNullWithDefault)
  }

  private static func transform(
    _ options: TransformOptions, _ predicates: [PredicateOptions]
  ) throws -> TransformStep {
    do {
      let kind: TransformStep.Kind
      switch options.kind {
      case .regexRouter(let regex, let replacement): kind = .regexRouter(try router(regex, replacement))
      case .eventRouter(let router): kind = .eventRouter(try eventRouter(router))
      case .record(let className, let values): kind = .record(try TransformBuilder.make(className, values))
      }
      let predicate = try options.predicate.map { alias in
        guard let found = predicates.first(where: { $0.alias == alias }) else {
          throw Failure(description: "predicate \(alias) is not declared in predicates")
        }
        return Predicate(try condition(found.kind), isNegated: options.negate)
      }
      var className: String?
      if case .record(let name, _) = options.kind { className = name }
      return TransformStep(alias: options.alias, kind: kind, predicate: predicate, className: className)
    } catch let refusal as JavaPattern.Refusal {
      throw Failure(description: "transforms.\(options.alias): the pattern \(refusal.pattern): \(refusal.reason)")
    } catch let refusal as JavaReplacement.Refusal {
      throw Failure(description: "transforms.\(options.alias): the replacement: \(refusal.reason)")
    }
  }

  private static func topicName(_ options: ConnectorOptions) throws -> TopicName {
    let strategy = options.topicNamingStrategy
    let merging: TopicMerging?
    do {
      merging = try options.topicMerging.map { merging in
        try TopicMerging(
          router: try router(merging.regex, merging.replacement), keyFieldName: merging.keyFieldName,
          keyFieldRouter: try merging.keyFieldRegex.map { try router($0, merging.keyFieldReplacement) })
      }
    } catch let refusal as JavaReplacement.Refusal {
      throw Failure(description: "topic.replacement or topic.key.field.replacement: \(refusal.reason)")
    }
    return TopicName(
      prefix: options.topicPrefix, delimiter: options.topicDelimiter, transactionName: options.topicTransaction,
      parts: [.table, .tableUnicode, .tableRegex].contains(strategy) ? .table : .schemaAndTable,
      escapesUnicode: strategy == .schemaUnicode || strategy == .tableUnicode, merging: merging)
  }

  private static func router(_ regex: String, _ replacement: String) throws -> RegexRouter {
    RegexRouter(pattern: try JavaPattern(regex), replacement: try JavaReplacement(replacement))
  }

  private static func condition(_ kind: PredicateOptions.Kind) throws -> Predicate.Condition {
    switch kind {
    case .topicNameMatches(let pattern): .topicNameMatches(try JavaPattern(pattern))
    case .hasHeaderKey(let name): .hasHeaderKey(name)
    case .recordIsTombstone: .recordIsTombstone
    }
  }

  private static func eventRouter(
    _ options: ConnectorConfig.EventRouterOptions
  ) throws -> EventRouting.EventRouterOptions {
    var router = EventRouting.EventRouterOptions(
      router: try router(options.routeTopicRegex, options.routeTopicReplacement))
    router.invalidOperationBehavior =
      switch options.invalidOperationBehavior {
      case .warn: .warn
      case .error: .error
      case .fatal: .fatal
      }
    router.idField = options.eventIDColumn
    router.keyField = options.eventKeyColumn
    router.payloadField = options.eventPayloadColumn
    router.timestampField = options.eventTimestampColumn
    router.schemaVersionField = options.schemaVersionColumn
    router.placements = options.additionalPlacements.map { placement in
      let target: EventRouting.EventRouterOptions.Placement.Target =
        switch placement.place {
        case .header: .header
        case .envelope: .envelope
        case .partition: .partition
        case .invalid(let word): .invalid(word)
        }
      return .init(column: placement.column, target: target, alias: placement.alias)
    }
    router.ignoresMissingFields = options.missingFieldBehavior == .ignore
    router.routeByField = options.routeByColumn
    router.sendsTombstoneOnEmptyPayload = options.tombstoneOnEmptyPayload
    router.expandsJSONPayload = options.expandJSONPayload
    router.jsonPayloadNullBehavior = options.jsonNullBehavior == .optionalBytes ? .optionalBytes : .ignore
    return router
  }
}
