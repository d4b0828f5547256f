/// A device with which people bank; what `customer_sessions.device` tells of it.
struct DeviceModel: Sendable {
  /// As JSON members, without braces.
  let members: StaticString
  let channel: Network

  static let all: [DeviceModel] = [
    DeviceModel(members: "\"type\":\"phone\",\"os\":\"iOS 18.1\",\"model\":\"iPhone 16\"", channel: .mobile),
    DeviceModel(members: "\"type\":\"phone\",\"os\":\"iOS 17.6\",\"model\":\"iPhone 14\"", channel: .mobile),
    DeviceModel(members: "\"type\":\"phone\",\"os\":\"Android 15\",\"model\":\"Pixel 9\"", channel: .mobile),
    DeviceModel(members: "\"type\":\"phone\",\"os\":\"Android 14\",\"model\":\"Galaxy S24\"", channel: .mobile),
    DeviceModel(members: "\"type\":\"phone\",\"os\":\"Android 13\",\"model\":\"Moto G84\"", channel: .mobile),
    DeviceModel(members: "\"type\":\"tablet\",\"os\":\"iPadOS 18.0\",\"model\":\"iPad Air\"", channel: .mobile),
    DeviceModel(members: "\"type\":\"desktop\",\"os\":\"Windows 11\",\"browser\":\"Edge 131\"", channel: .web),
    DeviceModel(members: "\"type\":\"desktop\",\"os\":\"Windows 10\",\"browser\":\"Firefox 133\"", channel: .web),
    DeviceModel(members: "\"type\":\"desktop\",\"os\":\"macOS 15.1\",\"browser\":\"Safari 18\"", channel: .web),
    DeviceModel(members: "\"type\":\"desktop\",\"os\":\"Ubuntu 24.04\",\"browser\":\"Firefox 133\"", channel: .web),
    DeviceModel(members: "\"type\":\"desktop\",\"os\":\"ChromeOS 131\",\"browser\":\"Chrome 131\"", channel: .web),
  ]

  static let mobile = all.indices.filter { all[$0].channel == .mobile }
  static let web = all.indices.filter { all[$0].channel == .web }
}
