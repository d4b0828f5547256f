/// The digests of Java's standard providers, by Java's names. Plain Swift, since the stages that use them import no C
/// library. MD2 is left out: nothing else would need it.
public enum MessageDigest: Sendable, Hashable, CaseIterable {
  case md5, sha1, sha224, sha256, sha384, sha512, sha512t224, sha512t256, sha3t224, sha3t256, sha3t384, sha3t512

  /// The names that `java.security.MessageDigest.getInstance` takes, whatever their case; nil for others.
  /// Source: Java Security Standard Algorithm Names, and the aliases of the provider SUN.
  public init?(javaName: String) {
    switch javaName.uppercased() {
    case "MD5": self = .md5
    case "SHA-1", "SHA", "SHA1": self = .sha1
    case "SHA-224", "SHA224": self = .sha224
    case "SHA-256", "SHA256": self = .sha256
    case "SHA-384", "SHA384": self = .sha384
    case "SHA-512", "SHA512": self = .sha512
    case "SHA-512/224", "SHA512/224": self = .sha512t224
    case "SHA-512/256", "SHA512/256": self = .sha512t256
    case "SHA3-224": self = .sha3t224
    case "SHA3-256": self = .sha3t256
    case "SHA3-384": self = .sha3t384
    case "SHA3-512": self = .sha3t512
    default: return nil
    }
  }

  public func digest(_ message: [UInt8]) -> [UInt8] {
    switch self {
    case .md5: MD5Digest.digest(message)
    case .sha1: SHA1Digest.digest(message)
    case .sha224: SHA2Digest.short(message, byteCount: 28)
    case .sha256: SHA2Digest.short(message, byteCount: 32)
    case .sha384: SHA2Digest.long(message, byteCount: 48, truncated: false)
    case .sha512: SHA2Digest.long(message, byteCount: 64, truncated: false)
    case .sha512t224: SHA2Digest.long(message, byteCount: 28, truncated: true)
    case .sha512t256: SHA2Digest.long(message, byteCount: 32, truncated: true)
    case .sha3t224: SHA3Digest.digest(message, byteCount: 28)
    case .sha3t256: SHA3Digest.digest(message, byteCount: 32)
    case .sha3t384: SHA3Digest.digest(message, byteCount: 48)
    case .sha3t512: SHA3Digest.digest(message, byteCount: 64)
    }
  }
}
