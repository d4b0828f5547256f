/// All topic names a pipeline has met, by index, so that the row path moves integers. Indices never change.
public struct TopicTable: Sendable {
  public private(set) var names: [String] = []
  private var indices: [String: Int] = [:]

  public init() {}

  /// The index of a name; the same name always gives the same index. Not for the row path.
  public mutating func index(of name: String) -> Int {
    if let index = indices[name] { return index }
    indices[name] = names.count
    names.append(name)
    return names.count - 1
  }
}
