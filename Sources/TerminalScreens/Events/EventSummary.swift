/// The gist of an event in a few words: money first, then what names or judges it.
public enum EventSummary {
  /// A field of the bank's rows and payloads that says much in little room.
  private struct Field {
    enum Form { case plain, money, label(String) }
    let name: String
    let form: Form

    init(_ name: String, _ form: Form = .plain) {
      self.name = name
      self.form = form
    }
  }

  /// In the order in which they are shown; those that a row lacks are left out.
  private static let fields: [Field] = [
    Field("alert_type"), Field("severity"), Field("transaction_type"), Field("amount", .money),
    Field("previous_status"), Field("transaction_status"), Field("status"), Field("first_name"), Field("last_name"),
    Field("name"), Field("business_type"), Field("account_number"), Field("account_type"),
    Field("balance_change", .label("Δ")), Field("balance", .label("balance")), Field("channel"),
    Field("actions_count", .label("actions")), Field("previous_tier"), Field("customer_tier"), Field("tier"),
    Field("merchant_name", .label("at")), Field("city"), Field("risk_level", .label("risk")), Field("failure_reason"),
    Field("symbol"), Field("price"),
  ]

  public static func text(_ content: EventContent) -> String {
    switch content.body {
    case .change(let before, let after):
      if let before, let after, let changes = changes(before, after) { return changes }
      return (after ?? before).map(gist) ?? ""
    case .document(let node): return gist(node)
    case .text(let text): return DisplayText.visible(text)
    case .bytes(let bytes): return HexText.text(bytes)
    case .tombstone: return "deleted: no value"
    }
  }

  /// A known row's gist, else the first fields of the document.
  private static func gist(_ node: JSONNode) -> String {
    guard case .object(let members) = node else { return DisplayText.visible(node.compactText) }
    var parts: [String] = []
    for field in fields {
      guard let value = node[field.name]?.scalarText, !value.isEmpty else { continue }
      // A payload says a row's state more exactly than the row's own ACTIVE.
      if field.name == "status", value == "ACTIVE" { continue }
      switch field.form {
      case .plain: parts.append(value)
      case .money: parts.append([value, node["currency"]?.scalarText].compactMap { $0 }.joined(separator: " "))
      case .label(let label): parts.append("\(label) \(value)")
      }
    }
    join("previous_status", of: node, in: &parts)
    join("previous_tier", of: node, in: &parts)
    if parts.isEmpty {
      parts = members.prefix(6).map { "\($0.name)=\($0.value.scalarText ?? $0.value.compactText)" }
    }
    return DisplayText.visible(parts.joined(separator: " · "))
  }

  /// Writes a field's old value and the one after it as `old → new`.
  private static func join(_ name: String, of node: JSONNode, in parts: inout [String]) {
    guard let old = node[name]?.scalarText, let at = parts.firstIndex(of: old), at + 1 < parts.count else { return }
    let new = parts.remove(at: at + 1)
    parts[at] = "\(old) → \(new)"
  }

  /// Fields that an update changed, where the old row is known; `nil` if there are none.
  private static func changes(_ before: JSONNode, _ after: JSONNode) -> String? {
    guard case .object(let members) = after else { return nil }
    let parts = members.compactMap { member -> String? in
      guard let old = before[member.name], old != member.value, member.name != "updated_at" else { return nil }
      return "\(member.name) \(old.scalarText ?? old.compactText) → "
        + (member.value.scalarText ?? member.value.compactText)
    }
    return parts.isEmpty ? nil : DisplayText.visible(parts.joined(separator: " · "))
  }
}
