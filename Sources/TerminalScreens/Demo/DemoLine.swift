/// The demo's figures on one plain line.
public enum DemoLine {
  public static func text(_ figures: DemoFigures) -> String {
    var parts = [
      "\(figures.clock) \(figures.phase)",
      "\(FigureText.grouped(figures.delivered)) events, \(FigureText.short(figures.ratePerSecond))/s",
    ]
    for connector in figures.connectors {
      var text = "\(shortened(connector.name)) \(connector.state)"
      if let latency = connector.latency {
        text +=
          " p50 \(FigureText.latency(microseconds: latency.p50Microseconds))"
          + " p99 \(FigureText.latency(microseconds: latency.p99Microseconds))"
      }
      parts.append(text + " lag \(FigureText.bytes(connector.lagBytes))")
    }
    if !figures.bank.isEmpty { parts.append(figures.bank) }
    return parts.joined(separator: "; ")
  }

  /// `fintech-main-connector` → `main`.
  static func shortened(_ name: String) -> String {
    var name = name[...]
    if name.hasPrefix("fintech-") { name = name.dropFirst("fintech-".count) }
    if name.hasSuffix("-connector") { name = name.dropLast("-connector".count) }
    return String(name)
  }
}
