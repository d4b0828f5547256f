/// A risk score's band; also the severity of an alert.
public enum RiskLevel: Int, CaseIterable, Sendable {
  case low, medium, high, critical

  public var text: StaticString {
    switch self {
    case .low: "LOW"
    case .medium: "MEDIUM"
    case .high: "HIGH"
    case .critical: "CRITICAL"
    }
  }

  /// Over 80 CRITICAL, over 60 HIGH, over 30 MEDIUM, else LOW; the score in hundredths, as it is stored.
  init(scoreHundredths: Int) {
    self = scoreHundredths > 8000 ? .critical : scoreHundredths > 6000 ? .high : scoreHundredths > 3000 ? .medium : .low
  }
}
