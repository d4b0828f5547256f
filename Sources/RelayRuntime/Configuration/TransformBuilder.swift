import ConnectorConfig
import EventRouting

/// From a transform's class and options to the transform: those that take records as trees.
enum TransformBuilder {
  /// Throws `JavaPattern.Refusal`, `JavaReplacement.Refusal`, or a failure that names the option.
  static func make(_ className: String, _ values: PluginValues) throws -> any RecordTransform {
    if let options = try options(className, values) {
      return try options.transform(now: RelayClock.now().wallNanoseconds / 1_000_000, zone: SystemZones.rules)
    }
    switch className {
    default: throw PlanBuilder.Failure(description: "\(className) is not supported by this version")
    }
  }

  private static func options(
    _ className: String, _ values: PluginValues
  ) throws(PlanBuilder.Failure) -> RecordTransformOptions? {
    do throws(TransformOptionsProblem) {
      return try RecordTransformReader.options(className, values)
    } catch {
      throw PlanBuilder.Failure(description: "\(error.option) \(error.message)")
    }
  }
}
