/// Reads a worker file and its connector files, checks them and fills in defaults. The way in to this module.
public enum ConfigLoader {
  /// Reads the files. Throws with every problem of every file at once.
  ///
  /// `environment` is what `${env:…}` sees; the caller passes the process's own.
  public static func load(
    worker: String, connectors: [String], environment: [String: String]
  ) throws(ConfigError) -> LoadedConfig {
    var problems: [ConfigProblem] = []
    func read(_ path: String) -> ConfigSource? {
      do throws(ConfigError) { return try ConfigSource(path: path) } catch {
        problems += error.problems
        return nil
      }
    }
    let workerSource = read(worker)
    let connectorSources = connectors.compactMap(read)
    guard let workerSource, problems.isEmpty else { throw ConfigError(problems) }
    return try load(worker: workerSource, connectors: connectorSources, environment: environment)
  }

  /// The same for files already in memory.
  public static func load(
    worker: ConfigSource, connectors: [ConfigSource], environment: [String: String]
  ) throws(ConfigError) -> LoadedConfig {
    var problems: [ConfigProblem] = []
    var providers = ConfigProviders(environment: environment)
    var workerConfig = WorkerConfig(file: worker.file, bootstrapServers: [])
    do throws(ConfigError) {
      let raw = try JavaProperties.read(worker)
      var collector = ProblemCollector(file: worker.file)
      providers.declare(from: raw, problems: &problems)
      workerConfig = WorkerBuilder.build(collector.resolve(raw, with: providers), problems: &collector)
      problems += collector.problems
    } catch {
      problems += error.problems
    }
    var options: [ConnectorOptions] = []
    for source in connectors {
      do throws(ConfigError) {
        let raw = try ConnectorFile.read(source)
        var collector = ProblemCollector(file: source.file)
        let entries = collector.resolve(raw, with: providers)
        options.append(ConnectorBuilder.build(entries, worker: workerConfig, problems: &collector))
        problems += collector.problems
      } catch {
        problems += error.problems
      }
    }
    problems += conflicts(among: options, shareSlot: workerConfig.sharedSlot != nil)
    guard !problems.contains(where: { $0.severity == .error }) else { throw ConfigError(problems) }
    return LoadedConfig(worker: workerConfig, connectors: options, notices: problems)
  }

  /// Two connectors of one name, or on one slot of one server that is not meant to be shared.
  private static func conflicts(among connectors: [ConnectorOptions], shareSlot: Bool) -> [ConfigProblem] {
    var problems: [ConfigProblem] = []
    for (index, later) in connectors.enumerated() {
      for earlier in connectors[..<index] {
        if later.name == earlier.name, !later.name.isEmpty {
          problems.append(
            ConfigProblem(
              .error, file: later.file, property: "name", message: "\(earlier.file) has the same name",
              remedy: "Give every connector a name of its own"))
        }
        if !shareSlot, later.slotName == earlier.slotName, later.database.host == earlier.database.host,
          later.database.port == earlier.database.port, !later.database.host.isEmpty
        {
          problems.append(
            ConfigProblem(
              .error, file: later.file, property: "slot.name",
              message: "\(earlier.file) reads the same slot of the same server",
              remedy: "Give every connector a slot of its own, or set sluice.slot.shared in the worker file"
            ))
        }
      }
    }
    return problems
  }
}
