/// A property's value that may or may not be secret: one from a config provider or of a password is.
/// `text` is the value itself; every description of a secret one is `***`.
public struct ConfigText: Sendable, Hashable {
  public let text: String
  public let isSecret: Bool

  public init(_ text: String, isSecret: Bool = false) {
    self.text = text
    self.isSecret = isSecret
  }
}

extension ConfigText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { isSecret ? "***" : text }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
