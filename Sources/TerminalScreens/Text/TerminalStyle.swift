/// Colours and weights of terminal text, or none of them.
public struct TerminalStyle: Sendable {
  public let isEnabled: Bool

  public static let plain = TerminalStyle(isEnabled: false)
  public static let coloured = TerminalStyle(isEnabled: true)

  private init(isEnabled: Bool) { self.isEnabled = isEnabled }

  public func bold(_ text: String) -> String { wrapped(text, "1") }
  public func dim(_ text: String) -> String { wrapped(text, "2") }
  public func red(_ text: String) -> String { wrapped(text, "31") }
  public func green(_ text: String) -> String { wrapped(text, "32") }
  public func yellow(_ text: String) -> String { wrapped(text, "33") }
  public func blue(_ text: String) -> String { wrapped(text, "34") }
  public func cyan(_ text: String) -> String { wrapped(text, "36") }

  // Source: ECMA-48, "Select graphic rendition".
  private func wrapped(_ text: String, _ code: String) -> String {
    isEnabled && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
