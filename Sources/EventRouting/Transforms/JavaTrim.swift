extension StringProtocol {
  /// Java's `String.trim`: without spaces and control characters at either end.
  func trimmed() -> String {
    var scalars = unicodeScalars[...]
    while let first = scalars.first, first.value <= 0x20 { scalars.removeFirst() }
    while let last = scalars.last, last.value <= 0x20 { scalars.removeLast() }
    return String(String.UnicodeScalarView(scalars))
  }
}
