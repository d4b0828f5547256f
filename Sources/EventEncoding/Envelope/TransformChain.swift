import ConnectData
import EventRouting

/// The transforms of one connector with what they remember per topic, so that a pattern runs once per topic and not once
/// per record. A class, since its caches grow while the pipeline lends its other parts.
final class TransformChain {
  /// What a predicate or router may ask of a record.
  struct Subject {
    var topic: Int
    var isTombstone: Bool
  }

  /// A step's kind by itself: looking at `TransformStep.Kind` copies the options that it holds.
  enum Action {
    case regexRouter, eventRouter, record
  }

  let steps: [TransformStep]
  let actions: [Action]
  /// Per step, whether an envelope that it applies to becomes a tree there: the step works on trees, or one after it asks
  /// for what bytes do not say of a routed event.
  let takesTree: [Bool]
  /// Per step that works on trees, its transform with what that remembers; event routers work on either.
  private var transforms: [(any RecordTransform)?]
  private var matches: [[Bool?]]
  private var routes: [[Int?]]

  init(_ steps: [TransformStep]) {
    self.steps = steps
    transforms = steps.map { step in
      switch step.kind {
      case .regexRouter: nil
      case .eventRouter(let options): EventRouterTransform(options)
      case .record(let transform): transform
      }
    }
    actions = steps.map { step in
      switch step.kind {
      case .regexRouter: .regexRouter
      case .eventRouter: .eventRouter
      case .record: .record
      }
    }
    takesTree = steps.indices.map { index in
      switch steps[index].kind {
      case .regexRouter: false
      case .record: true
      case .eventRouter:
        steps[(index + 1)...].contains { later in
          if case .regexRouter = later.kind, !later.asksForTombstones { return false }
          return true
        }
      }
    }
    matches = Array(repeating: [], count: steps.count)
    routes = Array(repeating: [], count: steps.count)
  }

  var isEmpty: Bool { steps.isEmpty }

  /// Whether the step's predicate lets it act on the record.
  func applies(_ index: Int, to subject: Subject, topics: TopicTable, hasHeader: (String) -> Bool) -> Bool {
    guard let predicate = steps[index].predicate else { return true }
    guard case .topicNameMatches = predicate.condition else {
      return predicate.holds(topic: "", isTombstone: subject.isTombstone, hasHeader: hasHeader)
    }
    if let known = TransformChain.lookUp(matches[index], subject.topic) { return known }
    let holds = predicate.holds(topic: topics.names[subject.topic], isTombstone: false, hasHeader: hasHeader)
    TransformChain.store(holds, &matches[index], at: subject.topic)
    return holds
  }

  /// The topic that the pattern of a `RegexRouter` makes of `topic`.
  func route(_ index: Int, _ topic: Int, topics: inout TopicTable) throws(JavaReplacement.Refusal) -> Int {
    if let known = TransformChain.lookUp(routes[index], topic) { return known }
    guard case .regexRouter(let router) = steps[index].kind else { return topic }
    let routed = topics.index(of: try router.route(topics.names[topic]))
    TransformChain.store(routed, &routes[index], at: topic)
    return routed
  }

  /// Whether the step's predicate lets it act on a record that is a tree.
  func applies(_ index: Int, to record: ConnectRecord, topics: inout TopicTable) -> Bool {
    guard steps[index].predicate != nil else { return true }
    let subject = Subject(topic: topics.index(of: record.topic), isTombstone: record.value == .null)
    return applies(index, to: subject, topics: topics) { name in record.headers.contains { $0.name == name } }
  }

  /// Runs a step that works on trees. Returns `false` where it drops the record.
  func apply(_ index: Int, to record: inout ConnectRecord) throws(TransformFailure) -> Bool {
    guard transforms[index] != nil else { return true }
    if transforms[index]!.copiesHeaders { record.copyHeaders() }
    return try transforms[index]!.apply(&record)
  }

  private static func lookUp<T>(_ cache: [T?], _ index: Int) -> T? { index < cache.count ? cache[index] : nil }

  private static func store<T>(_ value: T, _ cache: inout [T?], at index: Int) {
    while cache.count <= index { cache.append(nil) }
    cache[index] = value
  }
}

extension TransformStep {
  /// Its predicate looks at the value, which a routed event may have and Kafka's record not, or the other way round.
  fileprivate var asksForTombstones: Bool {
    if case .recordIsTombstone = predicate?.condition { true } else { false }
  }
}
