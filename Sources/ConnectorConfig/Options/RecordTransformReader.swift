import EventRouting

/// What is wrong with the options of a transform taken together.
public struct TransformOptionsProblem: Error, Equatable, Sendable {
  /// Without the transform's prefix.
  public let option: String
  public let message: String
  public let remedy: String?

  init(_ option: String, _ message: String, _ remedy: String? = nil) {
    self.option = option
    self.message = message
    self.remedy = remedy
  }
}

/// From a transform's class and options to what it is made of.
public enum RecordTransformReader {
  /// `nil` for a class that is none of these.
  public static func options(
    _ className: String, _ values: PluginValues
  ) throws(TransformOptionsProblem) -> RecordTransformOptions? {
    let simpleName = simpleClassName(className)
    if className.hasPrefix("org.apache.kafka.connect.transforms.") {
      return try ConnectTransformReader(values: values).options(simpleName)
    }
    return try DebeziumTransformReader(values: values).options(simpleName)
  }
}
