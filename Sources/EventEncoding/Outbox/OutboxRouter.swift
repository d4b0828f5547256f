import EventRouting

/// One event router of the chain with what it remembers. A class, so that a row copies one reference instead of the options.
final class OutboxRouter {
  let options: EventRouterOptions
  var routes = RouteCache()
  var valueSchemas: OutboxValueSchemas
  /// `nil` where payloads are not expanded, or only compacted.
  let expansion: Expansion?

  init(_ options: EventRouterOptions) {
    self.options = options
    valueSchemas = OutboxValueSchemas(isExact: options.isExact)
    expansion =
      options.expandsJSONPayload && !options.isExact ? Expansion(nullBehavior: options.jsonPayloadNullBehavior) : nil
  }

  /// A class, since an optional of a non-copyable value cannot be lent.
  final class Expansion {
    var writer: ExpandedPayloadWriter
    init(nullBehavior: PayloadExpansion.NullBehavior) { writer = ExpandedPayloadWriter(nullBehavior: nullBehavior) }
  }
}

/// Where an event router finds its parts in a table.
enum OutboxColumns {
  /// The transform is another.
  case notRouted
  case found(OutboxPlan)
  /// Thrown for each row.
  case missing(TransformFailure)

  var isRouted: Bool {
    if case .notRouted = self { false } else { true }
  }

  func found() throws(TransformFailure) -> OutboxPlan? {
    switch self {
    case .notRouted: return nil
    case .found(let plan): return plan
    case .missing(let failure): throw failure
    }
  }
}
