import EventRouting

/// The transforms of one connector with what they remember per topic, so that a pattern runs once per topic and not once
/// per record. A class, since its caches grow while the pipeline lends its other parts.
final class TransformChain {
  /// What a predicate or router may ask of a record.
  struct Subject {
    var topic: Int
    var isTombstone: Bool
  }

  let steps: [TransformStep]
  private var matches: [[Bool?]]
  private var routes: [[Int?]]

  init(_ steps: [TransformStep]) {
    self.steps = steps
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

  /// The topic that a router's pattern makes of `topic`.
  func route(
    _ index: Int, _ router: RegexRouter, _ topic: Int, topics: inout TopicTable
  ) throws(JavaReplacement.Refusal) -> Int {
    if let known = TransformChain.lookUp(routes[index], topic) { return known }
    let routed = topics.index(of: try router.route(topics.names[topic]))
    TransformChain.store(routed, &routes[index], at: topic)
    return routed
  }

  private static func lookUp<T>(_ cache: [T?], _ index: Int) -> T? { index < cache.count ? cache[index] : nil }

  private static func store<T>(_ value: T, _ cache: inout [T?], at index: Int) {
    while cache.count <= index { cache.append(nil) }
    cache[index] = value
  }
}
