/// Gathers what is to be said about one file while it is read to its end.
struct ProblemCollector {
  let file: String
  private(set) var problems: [ConfigProblem] = []

  init(file: String) { self.file = file }

  var hasErrors: Bool { problems.contains { $0.severity == .error } }

  mutating func add(
    _ severity: ConfigProblem.Severity, line: Int? = nil, _ property: String?, _ message: String,
    _ remedy: String? = nil
  ) {
    problems.append(
      ConfigProblem(severity, file: file, line: line, property: property, message: message, remedy: remedy))
  }

  mutating func add(_ more: [ConfigProblem]) { problems += more }

  /// Resolves provider references; an entry with one that fails is reported and left out.
  mutating func resolve(_ raw: RawProperties, with providers: ConfigProviders) -> [ResolvedEntry] {
    var entries: [ResolvedEntry] = []
    for entry in raw.entries {
      do throws(ConfigProviders.Failure) {
        let expansion = try providers.expand(entry.value)
        entries.append(
          ResolvedEntry(
            name: entry.name, fullName: entry.name, value: expansion.text, isFromProvider: expansion.isFromProvider,
            line: entry.line))
      } catch {
        add(.error, line: entry.line, entry.name, error.message, error.remedy)
        // Known to be set, so that no "is missing" follows.
        failed.insert(entry.name)
      }
    }
    return entries
  }

  /// Properties that are written and could not be resolved.
  private(set) var failed: Set<String> = []
}
