import EventRouting
import Glibc

/// Time zones as the system keeps them. Java has its own copy of the same source, which may be of another date.
enum SystemZones {
  private static let folder = "/usr/share/zoneinfo"
  /// The largest is about 4 KiB.
  private static let byteCountMax = 1 << 20

  /// Throws where there is no such zone.
  static func rules(of name: String) throws(PlanBuilder.Failure) -> ZoneRules {
    guard ZoneName.isValid(name), let file = read("\(folder)/\(name)") else {
      throw PlanBuilder.Failure(description: "there is no time zone \(name) in \(folder)")
    }
    do throws(ZoneFile.Failure) {
      return try ZoneFile.rules(of: file)
    } catch {
      throw PlanBuilder.Failure(description: "\(folder)/\(name) is no time zone file of version 2 or later")
    }
  }

  private static func read(_ path: String) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while bytes.count < byteCountMax {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      guard count >= 0 else { return nil }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
    return nil
  }
}
