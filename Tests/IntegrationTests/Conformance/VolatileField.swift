/// A field that no second run can repeat: a position, a transaction's number, a time, or Debezium's version.
enum VolatileField: Equatable {
  case position
  case transactionNumber
  case sequence
  case version
  case time(TimeUnit)
  /// `txid:lsn`, or the number alone.
  case transactionID
  /// A field `id` at the top: of a transaction record if it looks like `txid:lsn`, else a column.
  case perhapsTransactionID

  enum TimeUnit: String, CaseIterable {
    case milliseconds = "ts_ms"
    case microseconds = "ts_us"
    case nanoseconds = "ts_ns"

    /// Of a time in our days.
    var digits: Int {
      switch self {
      case .milliseconds: 13
      case .microseconds: 16
      case .nanoseconds: 19
      }
    }

    /// The unit a thousand times as coarse.
    var coarser: TimeUnit? {
      switch self {
      case .milliseconds: nil
      case .microseconds: .milliseconds
      case .nanoseconds: .microseconds
      }
    }
  }

  /// By the name it has in the source block.
  init?(sourceField name: Substring) {
    switch name {
    case "lsn", "origin_lsn": self = .position
    case "txId", "xmin": self = .transactionNumber
    case "sequence": self = .sequence
    case "version": self = .version
    default:
      guard let unit = TimeUnit(rawValue: String(name)) else { return nil }
      self = .time(unit)
    }
  }

  /// By its place in a JSON text: in the envelope, the source block, a transaction record, or one of the fields that a
  /// flattening transform adds.
  init?(at path: [JSONStep]) {
    let path = path.first == .name("payload") ? path.dropFirst() : path[...]
    guard case .name(let first)? = path.first else { return nil }
    if path.count == 2, case .name(let second)? = path.last {
      switch first {
      case "source", "__source": self.init(sourceField: second[...])
      case "transaction" where second == "id": self = .transactionID
      default: return nil
      }
      return
    }
    guard path.count == 1 else { return nil }
    self.init(topField: first)
  }

  /// By its name at the top of a record, or as a header.
  init?(topField name: String) {
    for prefix in ["__source_", "__source.", "__"] where name.hasPrefix(prefix) {
      if let field = VolatileField(sourceField: name.dropFirst(prefix.count)) {
        self = field
        return
      }
    }
    if let unit = TimeUnit(rawValue: name) {
      self = .time(unit)
    } else if name == "__transaction_id" {
      self = .transactionID
    } else if name == "id" {
      self = .perhapsTransactionID
    } else {
      return nil
    }
  }

  /// The part of a time's name that its units share, so that `__source_ts_ms` and `__source_ts_us` belong together.
  static func timeFamily(_ path: [JSONStep], _ unit: TimeUnit) -> [JSONStep] {
    guard case .name(let name)? = path.last else { return path }
    return path.dropLast() + [.name(String(name.dropLast(unit.rawValue.count)))]
  }
}
