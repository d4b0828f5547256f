import ArgumentParser
import ConnectorConfig
import FoundationEssentials
import KafkaSink

/// How a command that reads topics reaches the brokers.
enum KafkaClientSettings {
  /// librdkafka's properties of a consumer. A worker's top-level settings serve it, and over them its `consumer.*`.
  /// Prints what is wrong and throws an exit code.
  static func consumer(of worker: WorkerConfig) throws -> [(name: String, value: String)] {
    var java = worker.clientProperties.mapValues(\.text)
    java.merge(worker.consumerProperties.mapValues(\.text)) { _, own in own }
    if java["bootstrap.servers"] == nil { java["bootstrap.servers"] = worker.bootstrapServers.joined(separator: ",") }
    switch ClientProperties.translate(java, for: .consumer) {
    case .success(let translated): return translated.properties
    case .failure(let problems):
      LineOutput.diagnostics.write("\(worker.file): \(problems)")
      throw ExitCode.configuration
    }
  }

  static func worker(file: String) throws -> WorkerConfig {
    do throws(ConfigError) {
      return try ConfigLoader.load(
        worker: file, connectors: [], environment: ProcessInfo.processInfo.environment
      ).worker
    } catch {
      LineOutput.diagnostics.write("\(error)")
      throw ExitCode.configuration
    }
  }
}
