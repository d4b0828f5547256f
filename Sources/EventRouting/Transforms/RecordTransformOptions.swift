/// A transform of records as a connector file asks for it, checked and not yet made.
public enum RecordTransformOptions: Sendable, Hashable {
  case cast(Cast.Options)
  case dropHeaders(names: [String])
  case dropRecord
  case extractField(ExtractField.Options)
  case flatten(RecordPart, delimiter: String)
  case headerFrom(HeaderFrom.Options)
  case hoistField(RecordPart, field: String)
  case insertField(InsertField.Options)
  case insertHeader(name: String, HeaderLiteral)
  case maskField(MaskField.Options)
  case replaceField(ReplaceField.Options)
  case setSchemaMetadata(SetSchemaMetadata.Options)
  case timestampConverter(TimestampConverter.Options)
  case timestampRouter(topicFormat: String, timestampFormat: SimpleDateFormat)
  case valueToKey(fields: [String], replacesNullWithDefault: Bool)

  case extractChangedRecordState(changedName: String?, unchangedName: String?)
  case extractSchemaToNewRecord
  case headerToValue(HeaderToValue.Options)
  case partitionRouting(PartitionRouting.Options)
  case schemaChangeEventFilter
  case timezoneConverter(TimezoneConverter.Options)

  /// One for each place of a chain.
  ///
  /// - Parameters:
  ///   - now: the time of the start, in milliseconds since 1970.
  ///   - zone: the rules of a named time zone.
  public func transform<E: Error>(
    now: Int64, zone: (String) throws(E) -> ZoneRules
  ) throws(E) -> any RecordTransform {
    switch self {
    case .cast(let options): Cast(options)
    case .dropHeaders(let names): DropHeaders(names: names)
    case .dropRecord: DropRecord()
    case .extractField(let options): ExtractField(options)
    case .flatten(let part, let delimiter): Flatten(part: part, delimiter: delimiter)
    case .headerFrom(let options): HeaderFrom(options)
    case .hoistField(let part, let field): HoistField(part: part, field: field)
    case .insertField(let options): InsertField(options)
    case .insertHeader(let name, let literal): InsertHeader(name: name, literal: literal)
    case .maskField(let options): MaskField(options)
    case .replaceField(let options): ReplaceField(options)
    case .setSchemaMetadata(let options): SetSchemaMetadata(options)
    case .timestampConverter(let options): TimestampConverter(options, now: now)
    case .timestampRouter(let topic, let timestamp): TimestampRouter(topicFormat: topic, timestampFormat: timestamp)
    case .valueToKey(let fields, let replaces): ValueToKey(fields: fields, replacesNullWithDefault: replaces)
    case .extractChangedRecordState(let changed, let unchanged):
      ExtractChangedRecordState(changedName: changed, unchangedName: unchanged)
    case .extractSchemaToNewRecord: ExtractSchemaToNewRecord()
    case .headerToValue(let options): HeaderToValue(options)
    case .partitionRouting(let options): PartitionRouting(options)
    case .schemaChangeEventFilter: SchemaChangeEventFilter()
    case .timezoneConverter(let options):
      if let fixed = ZoneRules(offset: options.zone) {
        TimezoneConverter(options, rules: fixed)
      } else {
        TimezoneConverter(options, rules: try zone(options.zone))
      }
    }
  }
}
