import Primitives

/// A name-based UUID of version 3 without a namespace, as `java.util.UUID.nameUUIDFromBytes`: the MD5 digest of the
/// name (RFC 1321), with version and variant set. Debezium's placeholder in arrays of `uuid` is one.
enum NameUUID {
  static func text(of name: [UInt8]) -> [UInt8] {
    var digest = MessageDigest.md5.digest(name)
    digest[6] = digest[6] & 0x0F | 0x30
    digest[8] = digest[8] & 0x3F | 0x80
    var text: [UInt8] = []
    for (index, byte) in digest.enumerated() {
      if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
      for nibble in [byte >> 4, byte & 0xF] { text.append(nibble < 10 ? nibble + 48 : nibble + 87) }
    }
    return text
  }
}
