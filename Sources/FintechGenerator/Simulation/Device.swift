import Primitives

/// A customer's phone or computer.
struct Device: Sendable {
  let fingerprint: UInt64
  /// Place in `DeviceModel.all`.
  let model: Int

  init(for channel: Network, _ random: inout SeededRandom) {
    fingerprint = random.next()
    let models = channel == .web ? DeviceModel.web : DeviceModel.mobile
    model = models[random.below(models.count)]
  }

  /// Sixteen hexadecimal digits.
  func appendFingerprint(to writer: inout ByteWriter) { RowID.append(fingerprint, digits: 16, to: &writer) }
}

/// An IPv4 address of 198.18.0.0/15, which is reserved for benchmarks and so belongs to nobody (RFC 2544).
struct HostAddress: Sendable {
  let ipv4: UInt32

  init(_ random: inout SeededRandom) { ipv4 = 198 << 24 | 18 << 16 | UInt32(random.below(1 << 17)) }

  func append(to writer: inout ByteWriter) {
    writer.append(decimal: UInt64(ipv4 >> 24))
    for shift in [16, 8, 0] as [UInt32] {
      writer.append(UInt8(ascii: "."))
      writer.append(decimal: UInt64(ipv4 >> shift & 0xFF))
    }
  }
}
