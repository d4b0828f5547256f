import EventRouting

extension PipelineOptions {
  /// Whether an event router of the chain may make events of the table's rows. True as well where that shows only with a
  /// row: by its headers, or after a transform that can give it another topic.
  public func mayRouteEvents(of table: TableID) -> Bool {
    let chain = TransformChain(transforms)
    var topics = TopicTable()
    var subject = TransformChain.Subject(topic: topics.index(of: self.topics.data(table)), isTombstone: false)
    for index in chain.steps.indices {
      let mayApply = [false, true].contains { hasHeader in
        chain.applies(index, to: subject, topics: topics) { _ in hasHeader }
      }
      guard mayApply else { continue }
      switch chain.actions[index] {
      case .eventRouter: return true
      case .record: return chain.actions[index...].contains(.eventRouter)
      case .regexRouter:
        // What cannot be routed fails each row.
        guard let routed = try? chain.route(index, subject.topic, topics: &topics) else { return false }
        subject.topic = routed
      }
    }
    return false
  }
}
