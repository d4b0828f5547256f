/// What a fraud alert says looked wrong.
enum AlertType: Int, CaseIterable, Sendable {
  case unusualSpending, geographic, velocity, deviceMismatch, timeBased, amountThreshold, merchantBlacklist, cardTesting

  /// As in `fraud_alerts.alert_type`.
  var text: StaticString {
    switch self {
    case .unusualSpending: "Unusual spending pattern"
    case .geographic: "Geographic anomaly"
    case .velocity: "Velocity check failed"
    case .deviceMismatch: "Device mismatch"
    case .timeBased: "Time-based anomaly"
    case .amountThreshold: "Amount threshold exceeded"
    case .merchantBlacklist: "Merchant blacklist match"
    case .cardTesting: "Card testing detected"
    }
  }

  /// For the analyst, in `fraud_alerts.description`.
  var explanation: StaticString {
    switch self {
    case .unusualSpending: "Amount and merchant do not fit this customer's history"
    case .geographic: "Location is far from where this customer usually pays"
    case .velocity: "Several transactions within seconds of one another"
    case .deviceMismatch: "Device was never seen with this customer before"
    case .timeBased: "Made at an hour at which this customer is not active"
    case .amountThreshold: "Amount is above the threshold for this customer's tier"
    case .merchantBlacklist: "Merchant is on a watch list"
    case .cardTesting: "Pattern of small probes that precede misuse of a card"
    }
  }

  /// Mostly what the transaction's own trait suggests; sometimes any of them.
  static func draw(for trait: AnomalyTrait?, _ random: inout SeededRandom) -> AlertType {
    if let trait, random.chance(0.7) {
      switch trait {
      case .foreignCity: return .geographic
      case .newDevice: return .deviceMismatch
      case .nightHour: return .timeBased
      case .burst: return .velocity
      }
    }
    return allCases[random.below(allCases.count)]
  }
}

/// What makes an anomalous transaction stand out in its row.
public enum AnomalyTrait: Int, CaseIterable, Sendable {
  /// In a city abroad.
  case foreignCity
  /// With a device that the customer never used.
  case newDevice
  /// Between midnight and six by the zone's clock; drawn only when it is that time.
  case nightHour
  /// Seconds after the same customer's transaction before it, and more follow as fast.
  case burst
}
