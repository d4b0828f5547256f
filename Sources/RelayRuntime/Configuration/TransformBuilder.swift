import ConnectorConfig
import EventRouting

/// From a transform's class and options to the transform: those that take records as trees.
enum TransformBuilder {
  /// Throws `JavaPattern.Refusal`, `JavaReplacement.Refusal`, or a failure that names the option.
  static func make(_ className: String, _ values: PluginValues) throws -> any RecordTransform {
    switch className {
    default: throw PlanBuilder.Failure(description: "\(className) is not supported by this version")
    }
  }
}
