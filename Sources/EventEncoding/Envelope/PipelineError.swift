import EventRouting
import PgOutput
import Primitives

/// Why the stream cannot go on at this position. Names table, column and position, never values.
public struct PipelineError: Error, Sendable {
  public enum Cause: Sendable {
    /// Bytes that are no message of pgoutput.
    case decode(DecodeError)
    /// A value that its column's type does not allow, with `event.converting.failure.handling.mode=fail`.
    case conversion(ConversionError, column: String)
    /// A transform could not take the record.
    case transform(alias: String, TransformFailure)
    /// A converter could not take the record's key, value or header.
    case converter(String)
    /// Columns that were to be read again could not be, with `reselect.error.handling.mode=fail`.
    case reselection(columns: [String], String)
    /// Kafka will not take the record.
    case refused(RecordRefusal)
    /// Its key waits behind a record that failed (`sluice.errors.hold.key`).
    case held(behind: LSN)
    /// `sluice.errors.hold.key` cannot remember one key more.
    case tooManyHeldKeys
    /// A change of a relation that was never described, or whose shape differs from its description.
    case unexpectedMessage(String)
  }

  public let cause: Cause
  public let table: TableID?
  /// Names of the key's columns.
  public let keyColumns: [String]
  public let lsn: LSN
  /// What the record is where it is no change of a table: `logical message`.
  public internal(set) var recordKind: String?

  public init(_ cause: Cause, table: TableID? = nil, keyColumns: [String] = [], lsn: LSN) {
    self.cause = cause
    self.table = table
    self.keyColumns = keyColumns
    self.lsn = lsn
  }
}

extension PipelineError: CustomStringConvertible {
  public var description: String {
    let what =
      switch cause {
      case .decode: "a message of the stream cannot be decoded: \(reason)"
      case .transform(let alias, _): "transform \(alias): \(reason)"
      default: reason
      }
    let place =
      table.map { " (table \($0), key \(keyColumns.isEmpty ? "none" : keyColumns.joined(separator: ", ")))" }
      ?? recordKind.map { " (\($0))" } ?? ""
    return "at LSN \(lsn)\(place): \(what)"
  }
}
