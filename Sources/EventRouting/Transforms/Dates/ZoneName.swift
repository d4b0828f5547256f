/// The name of a time zone, which is also a path below the folder of zone files.
public enum ZoneName {
  /// Whether it is a name and no way out of that folder.
  public static func isValid(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.allSatisfy { part in
      !part.isEmpty && part != "." && part != ".."
        && part.utf8.allSatisfy { byte in
          byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || "_-+.".utf8.contains(byte)
        }
    }
  }
}
