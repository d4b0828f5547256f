import Glibc

/// The bytes of a configuration file and the name under which messages speak of it.
public struct ConfigSource: Sendable {
  /// Configuration is written by hand; what is longer is another file given by mistake.
  public static let bytesMax = 1 << 20

  public let file: String
  public let bytes: [UInt8]

  public init(file: String, bytes: [UInt8]) {
    self.file = file
    self.bytes = bytes
  }

  public init(file: String, text: String) { self.init(file: file, bytes: Array(text.utf8)) }

  /// Reads a file of at most `bytesMax` bytes. Throws when it cannot be opened or read, or is longer.
  public init(path: String) throws(ConfigError) {
    switch readSmallFile(path) {
    case .success(let bytes): self.init(file: path, bytes: bytes)
    case .failure(let failure):
      throw ConfigError([ConfigProblem(.error, file: path, message: failure.text, remedy: failure.remedy)])
    }
  }

  /// The text without a byte-order mark. Throws for bytes that are no UTF-8, naming the line, and for NUL bytes,
  /// which end a text for the C library that reads it.
  func utf8() throws(ConfigError) -> ArraySlice<UInt8> {
    if bytes.count > Self.bytesMax {
      throw error(nil, "has \(bytes.count) bytes, more than a configuration file may have (\(Self.bytesMax))")
    }
    var invalid: Int?
    do { _ = try UTF8Span(validating: bytes.span) } catch { invalid = error.byteOffsets.lowerBound }
    if let invalid {
      throw error(line(ofByte: invalid), "byte \(invalid + 1) is not UTF-8", "Save the file as UTF-8")
    }
    if let nul = bytes.firstIndex(of: 0) {
      throw error(line(ofByte: nul), "byte \(nul + 1) is NUL", "Is this a configuration file?")
    }
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
  }

  func line(ofByte offset: Int) -> Int {
    1 + bytes.prefix(offset).count { $0 == UInt8(ascii: "\n") }
  }

  func error(_ line: Int?, _ message: String, _ remedy: String? = nil) -> ConfigError {
    ConfigError([ConfigProblem(.error, file: file, line: line, message: message, remedy: remedy)])
  }
}

/// Why a small file could not be read.
struct FileFailure: Error {
  let text: String
  let remedy: String?
}

/// A whole file of at most `ConfigSource.bytesMax` bytes.
func readSmallFile(_ path: String) -> Result<[UInt8], FileFailure> {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return .failure(failure("cannot be opened", errno)) }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    if count < 0 {
      if errno == EINTR { continue }
      return .failure(failure("cannot be read", errno))
    }
    if count == 0 { return .success(bytes) }
    bytes += chunk.prefix(count)
    if bytes.count > ConfigSource.bytesMax {
      return .failure(
        FileFailure(
          text: "has more than \(ConfigSource.bytesMax) bytes", remedy: "Is this a configuration file?"))
    }
  }
}

private func failure(_ what: String, _ code: Int32) -> FileFailure {
  let reason = unsafe String(cString: strerror(code))
  let remedy: String? =
    switch code {
    case ENOENT: "Check the path"
    case EACCES, EPERM: "Give this process the right to read it"
    default: nil
    }
  return FileFailure(text: "\(what): \(reason)", remedy: remedy)
}
