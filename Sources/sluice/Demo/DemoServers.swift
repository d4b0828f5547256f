import ArgumentParser
import ConnectorConfig
import EmbeddedServers
import FoundationEssentials
import KafkaSink
import Logging
import Migrations
import PostgresSource
import RelayRuntime

/// The demo's servers and what is made in them before anything flows. What it cannot do it prints, and throws an exit code.
struct DemoServers {
  /// Role of the migrations with no more rights than replication needs.
  static let relayRole = "sluice_replication"
  static let databaseName = "fintech"

  let postgres: EmbeddedPostgres
  /// `nil` when a real Kafka is used.
  let kafka: EmbeddedKafka?
  let bootstrapServers: String
  let serverVersion: String

  var bankSettings: ConnectionSettings { postgres.tcpSettings(database: DemoServers.databaseName) }

  /// Every screen shows this, so that nobody takes the in-process broker for a Kafka.
  var brokerLabel: String {
    kafka == nil
      ? "Kafka at \(bootstrapServers)" : "in-process Kafka (librdkafka mock), in memory, for demo and tests only"
  }

  static func start(bootstrapServers given: String?, say: (String) -> Void) throws -> DemoServers {
    do {
      let kafka = given == nil ? try EmbeddedKafka() : nil
      let bootstrapServers = given ?? kafka?.bootstrapServers ?? ""
      say("starting a private PostgreSQL")
      let postgres = try EmbeddedPostgres()
      do throws(PostgresError) {
        let connection = try PostgresConnection(postgres.tcpSettings())
        try connection.execute("CREATE DATABASE \(databaseName)")
        let version = try connection.query("SHOW server_version").firstValue ?? ""
        let servers = DemoServers(
          postgres: postgres, kafka: kafka, bootstrapServers: bootstrapServers,
          serverVersion: version.split(separator: " ").first.map(String.init) ?? version)
        say(
          "PostgreSQL \(servers.serverVersion) on 127.0.0.1:\(postgres.port); \(servers.brokerLabel)"
            + (kafka == nil ? "" : ", on \(bootstrapServers)"))
        return servers
      } catch {
        postgres.stop(.immediate)
        throw error
      }
    } catch {
      LineOutput.diagnostics.write("sluice demo: \(error)")
      throw ExitCode.unreachable
    }
  }

  func migrate(_ directory: String, say: (String) -> Void) throws {
    do throws(MigrationError) {
      let directory = try MigrationDirectory(path: directory)
      let applied = try MigrationRunner(directory: directory, settings: bankSettings).up()
      say("\(applied.count) migrations applied")
    } catch {
      LineOutput.diagnostics.write("sluice demo: \(error)")
      throw error.isUnreachable ? ExitCode.unreachable : ExitCode.configuration
    }
  }

  /// The repository's own connector files; only the servers are the demo's.
  func plans(_ files: DemoFiles) throws -> (plans: [ConnectorPlan], consumer: [(name: String, value: String)]) {
    var environment = ProcessInfo.processInfo.environment
    environment["PGUSER"] = DemoServers.relayRole
    environment["PGPASSWORD"] = ""
    do {
      let loaded = try ConfigLoader.load(worker: files.worker, connectors: files.connectors, environment: environment)
      var worker = loaded.worker
      worker.bootstrapServers = bootstrapServers.split(separator: ",").map(String.init)
      var overrides = PlanBuilder.Overrides()
      overrides.database = bankSettings.merging(["user": DemoServers.relayRole])
      let builder = PlanBuilder(worker: worker, overrides: overrides)
      let plans = try loaded.connectors.map { connector in
        var plan = try builder.plan(connector)
        // Goes with the server's own files.
        plan.streaming.directory = postgres.directory + "/spill"
        return plan
      }
      return (plans, try KafkaClientSettings.consumer(of: worker))
    } catch let code as ExitCode {
      throw code
    } catch {
      LineOutput.diagnostics.write("sluice demo: \(error)")
      throw ExitCode.configuration
    }
  }
}
