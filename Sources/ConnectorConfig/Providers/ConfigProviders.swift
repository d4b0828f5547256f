import EventRouting

/// Kafka Connect's config providers: `${env:NAME}`, `${file:/path:key}` and `${dir:/path:file}` in values.
/// Source: Kafka's manual, "Configuration Providers" (KIP-297, KIP-887, KIP-993); class `ConfigTransformer`.
struct ConfigProviders: Sendable {
  enum Kind: Sendable, Equatable {
    case environment
    case file
    case directory

    static let classes: [(simpleName: String, kind: Kind)] = [
      ("EnvVarConfigProvider", .environment), ("FileConfigProvider", .file), ("DirectoryConfigProvider", .directory),
    ]
  }

  struct Provider: Sendable {
    let kind: Kind
    /// `param.allowlist.pattern` of the environment: names that may be read.
    var allowlistPattern: String?
    /// `param.allowed.paths` of the others: where they may read; empty: anywhere.
    var allowedPaths: [String] = []
  }

  /// A value whose references are resolved.
  struct Expansion {
    let text: String
    let isFromProvider: Bool
  }

  /// A reference that could not be resolved. Holds no value.
  struct Failure: Error {
    let message: String
    let remedy: String?
  }

  /// By the name used in references. These four need no declaration.
  private(set) var providers: [String: Provider] = [
    "env": Provider(kind: .environment), "file": Provider(kind: .file), "dir": Provider(kind: .directory),
    "directory": Provider(kind: .directory),
  ]
  private let environment: [String: String]

  init(environment: [String: String]) { self.environment = environment }

  /// Reads `config.providers` and `config.providers.<name>.*` of the worker file.
  mutating func declare(from worker: RawProperties, problems: inout [ConfigProblem]) {
    func problem(_ entry: RawProperties.Entry?, _ property: String, _ message: String, _ remedy: String?) {
      problems.append(
        ConfigProblem(
          .error, file: worker.file, line: entry?.line, property: property, message: message, remedy: remedy))
    }
    let list = worker.entries.first { $0.name == "config.providers" }
    let names = list?.value.splitList() ?? []
    for name in names {
      let property = "config.providers.\(name).class"
      guard let entry = worker.entries.first(where: { $0.name == property }) else {
        problem(list, property, "is missing", "Say which class the provider \"\(name)\" is")
        continue
      }
      let className = simpleClassName(entry.value)
      guard let kind = Kind.classes.first(where: { $0.simpleName == className })?.kind else {
        problem(
          entry, property, "the provider \(className) is not supported",
          "Supported: \(Kind.classes.map(\.simpleName).joined(separator: ", "))")
        continue
      }
      providers[name] = Provider(kind: kind)
    }
    for entry in worker.entries where entry.name.hasPrefix("config.providers.") {
      let parts = entry.name.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 4, parts[3] != "class" else { continue }
      guard let provider = providers[parts[2]], names.contains(parts[2]) else {
        problem(entry, entry.name, "\"\(parts[2])\" is not in config.providers", "Add it there, or drop this line")
        continue
      }
      switch (parts[3], provider.kind) {
      case ("param.allowlist.pattern", .environment):
        if let complaint = JavaRegularExpression.complaint(about: entry.value) {
          problem(entry, entry.name, "is a regular expression that \(complaint)", nil)
        } else {
          providers[parts[2]]?.allowlistPattern = entry.value
        }
      case ("param.allowed.paths", .file), ("param.allowed.paths", .directory):
        providers[parts[2]]?.allowedPaths = entry.value.splitList()
      default: problem(entry, entry.name, "is no parameter of this provider", nil)
      }
    }
  }

  /// Replaces every `${provider:[path:]key}`. `${name}` without a colon is left alone, as Kafka does: transforms use it.
  func expand(_ text: String) throws(Failure) -> Expansion {
    var expanded = ""
    var rest = text[...]
    var isFromProvider = false
    while let start = rest.firstRange(of: "${") {
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else { break }
      let reference = rest[start.upperBound..<end]
      expanded += rest[..<start.lowerBound]
      if reference.contains(":") {
        expanded += try resolve(reference)
        isFromProvider = true
      } else {
        expanded += rest[start.lowerBound...end]
      }
      rest = rest[rest.index(after: end)...]
    }
    return Expansion(text: expanded + rest, isFromProvider: isFromProvider)
  }

  private func resolve(_ reference: Substring) throws(Failure) -> String {
    let parts = reference.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    guard let provider = providers[parts[0]] else {
      let near = NearestName.of(parts[0], in: providers.keys.sorted()).map { "Did you mean \"\($0)\"?" }
      throw Failure(
        message: "no config provider is called \"\(parts[0])\"",
        remedy: near ?? "Declare it in config.providers of the worker file")
    }
    let path = parts.count == 3 ? parts[1] : ""
    let key = parts.count == 3 ? parts[2] : parts[1]
    switch provider.kind {
    case .environment:
      guard path.isEmpty else {
        throw Failure(
          message: "${\(parts[0]):…} takes a variable's name and no path", remedy: "Write ${\(parts[0]):NAME}")
      }
      return try variable(key, provider)
    case .file: return try fileValue(path, key, provider)
    case .directory: return try directoryValue(path, key, provider)
    }
  }

  private func variable(_ name: String, _ provider: Provider) throws(Failure) -> String {
    if let pattern = provider.allowlistPattern {
      let regex = try? JavaRegularExpression.compile(pattern)
      guard let regex, (try? regex.wholeMatch(in: name)) ?? nil != nil else {
        throw Failure(
          message: "the environment variable \(name) may not be read", remedy: "param.allowlist.pattern keeps it out")
      }
    }
    guard let value = environment[name] else {
      throw Failure(message: "the environment variable \(name) is not set", remedy: "Set it where the relay is started")
    }
    return value
  }

  private func fileValue(_ path: String, _ key: String, _ provider: Provider) throws(Failure) -> String {
    guard !path.isEmpty else {
      throw Failure(message: "the file provider needs a path and a key", remedy: "Write ${file:/path:key}")
    }
    try checkAllowed(path, provider)
    let bytes = try read(path)
    let properties: RawProperties
    do { properties = try JavaProperties.read(ConfigSource(file: path, bytes: bytes)) } catch {
      // The problems of a secrets file may quote it, so only its place is told.
      let line = error.problems.first?.line.map { " at line \($0)" } ?? ""
      throw Failure(message: "\(path) is no valid properties file\(line)", remedy: nil)
    }
    guard let entry = properties.entries.first(where: { $0.name == key }) else {
      throw Failure(message: "\(path) has no key \(key)", remedy: "Add the key to that file")
    }
    return entry.value
  }

  /// The whole file without one line end at its close, which editors add and no password has.
  private func directoryValue(_ path: String, _ key: String, _ provider: Provider) throws(Failure) -> String {
    guard !path.isEmpty else {
      throw Failure(message: "the directory provider needs a path and a file", remedy: "Write ${dir:/path:file}")
    }
    guard !key.isEmpty, !key.contains("/"), key != ".", key != ".." else {
      throw Failure(message: "\"\(key)\" is no file name", remedy: "Write ${dir:/path:file}")
    }
    let file = path.hasSuffix("/") ? path + key : path + "/" + key
    try checkAllowed(file, provider)
    var bytes = try read(file)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw Failure(message: "\(file) is not UTF-8 text", remedy: nil)
    }
    return text
  }

  private func read(_ path: String) throws(Failure) -> [UInt8] {
    switch readSmallFile(path) {
    case .success(let bytes): return bytes
    case .failure(let failure): throw Failure(message: "\(path) \(failure.text)", remedy: failure.remedy)
    }
  }

  private func checkAllowed(_ path: String, _ provider: Provider) throws(Failure) {
    if provider.allowedPaths.isEmpty { return }
    let components = path.split(separator: "/")
    let isInside = provider.allowedPaths.contains { allowed in
      components.starts(with: allowed.split(separator: "/"))
    }
    guard isInside, !components.contains("..") else {
      throw Failure(message: "\(path) may not be read", remedy: "param.allowed.paths keeps it out")
    }
  }
}
