/// One entry of `sasl.jaas.config`: `LoginModuleClass flag name=value name="value" …;`
/// Source: Java's `javax.security.auth.login.Configuration` and Kafka's `JaasConfig`.
struct JaasConfiguration: Equatable {
  var module: String
  var options: [String: String]

  /// `nil` when the text has not this form.
  init?(_ text: String) {
    var rest = Substring(text)
    guard let module = JaasConfiguration.word(&rest), let flag = JaasConfiguration.word(&rest),
      ["required", "requisite", "sufficient", "optional"].contains(flag.lowercased())
    else { return nil }
    self.module = module
    options = [:]
    while true {
      rest = rest.drop(while: \.isWhitespace)
      if rest.first == ";" {
        // One module only, as in Kafka.
        guard rest.dropFirst().allSatisfy(\.isWhitespace) else { return nil }
        return
      }
      guard let name = JaasConfiguration.word(&rest) else { return nil }
      rest = rest.drop(while: \.isWhitespace)
      guard rest.popFirst() == "=" else { return nil }
      rest = rest.drop(while: \.isWhitespace)
      guard let value = JaasConfiguration.value(&rest) else { return nil }
      options[name] = value
    }
  }

  /// Class name without its package.
  var moduleName: String { module.split(separator: ".").last.map(String.init) ?? module }

  private static func word(_ rest: inout Substring) -> String? {
    rest = rest.drop(while: \.isWhitespace)
    let word = rest.prefix { !$0.isWhitespace && $0 != "=" && $0 != ";" && $0 != "\"" }
    rest = rest.dropFirst(word.count)
    return word.isEmpty ? nil : String(word)
  }

  private static func value(_ rest: inout Substring) -> String? {
    guard rest.first == "\"" else { return word(&rest) }
    rest.removeFirst()
    var value = ""
    while let next = rest.popFirst() {
      if next == "\"" { return value }
      if next == "\\" {
        guard let escaped = rest.popFirst() else { return nil }
        value.append(escaped)
      } else {
        value.append(next)
      }
    }
    return nil
  }
}
