import Primitives
import Testing

/// Expected digests are those of OpenSSL, by Python's hashlib.
@Suite struct MessageDigestTests {
  @Test(
    arguments: [
      (MessageDigest.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
      (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
      (.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
      (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (.sha224, "", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"),
      (.sha224, "abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
      (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (.sha384, "", "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"),
      (
        .sha384, "abc",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
      ),
      (
        .sha512, "",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
      ),
      (
        .sha512, "abc",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
      ),
      (.sha512t224, "", "6ed0dd02806fa89e25de060c19d3ac86cabb87d6a0ddd05c333b84f4"),
      (.sha512t224, "abc", "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
      (.sha512t256, "", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a"),
      (.sha512t256, "abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
      (.sha3t224, "", "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7"),
      (.sha3t224, "abc", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
      (.sha3t256, "", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"),
      (.sha3t256, "abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
      (
        .sha3t384, "",
        "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47fb6bd1e058d5f004"
      ),
      (
        .sha3t384, "abc",
        "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25"
      ),
      (
        .sha3t512, "",
        "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26"
      ),
      (
        .sha3t512, "abc",
        "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"
      ),
    ] as [(MessageDigest, String, String)])
  func digestsAreThoseOfOpenSSL(algorithm: MessageDigest, message: String, expected: String) {
    #expect(hexadecimal(algorithm.digest(Array(message.utf8))) == expected)
  }

  /// Lengths around every block's end: the MD5 of the digests of 0 to 299 letters.
  @Test(
    arguments: [
      (.md5, "4a0125a7ff7488a489fe225c37fc99fc"),
      (.sha1, "ab8379b9d66b5ed079f0c906ec7dc896"),
      (.sha224, "f255fc5b56d29be8d3ddbdbab5c92916"),
      (.sha256, "6e996e6edf45943eee9f120f6fb2adec"),
      (.sha384, "896fbe3576fdf17e2b6316ea53cd001c"),
      (.sha512, "691a8aa730d5dd31f65c8749c1da7697"),
      (.sha512t224, "c764b0b1a1d11d47d52898eb4849eeaf"),
      (.sha512t256, "1901e8dbdea189a30130629e4da8e8b5"),
      (.sha3t224, "dfb192def2f8634842f506cccd885223"),
      (.sha3t256, "7a951a1d03b91989c5824b03f1176d88"),
      (.sha3t384, "4f8d321b266e46176274f75e502e84b9"),
      (.sha3t512, "8e85505507398ca1631024192744b434"),
    ] as [(MessageDigest, String)])
  func everyLengthIsPaddedRightly(algorithm: MessageDigest, expected: String) {
    let digests = (0..<300).flatMap { algorithm.digest([UInt8](repeating: UInt8(ascii: "a"), count: $0)) }
    #expect(hexadecimal(MessageDigest.md5.digest(digests)) == expected)
  }

  @Test func namesAreJavasWhateverTheirCase() {
    #expect(MessageDigest(javaName: "sha-512/256") == .sha512t256)
    #expect(MessageDigest(javaName: "SHA") == .sha1 && MessageDigest(javaName: "sha3-384") == .sha3t384)
    #expect(MessageDigest(javaName: "MD2") == nil && MessageDigest(javaName: "crc32") == nil)
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 0xF, radix: 16) }.joined()
  }
}
