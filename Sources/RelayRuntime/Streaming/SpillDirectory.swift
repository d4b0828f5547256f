import Glibc
import Primitives
import Synchronization

/// A directory of the relay's own, readable by its user only, since rows are written there as they are. A file loses its
/// name as soon as it is open, so that the kernel frees it however the process ends.
public final class SpillDirectory: SpillSpace {
  public let path: String
  private static let suffix = ".sluice-spill"
  /// Of file names in this process.
  private static let count = Atomic<UInt64>(0)

  /// Makes the directory where it is missing, refuses one that others may read, and removes what a process left that was
  /// killed between opening a file and taking its name away.
  public init(path: String) throws(SpillError) {
    self.path = path
    if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw SpillDirectory.failure("cannot make directory \(path)") }
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { throw SpillDirectory.failure("cannot look at \(path)") }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw SpillError("\(path) is not a directory") }
    guard status.st_uid == geteuid() else { throw SpillError("\(path) belongs to another user") }
    guard status.st_mode & 0o077 == 0 else {
      throw SpillError("others may enter \(path), where rows are written as they are: chmod 700 \(path)")
    }
    guard unsafe access(path, W_OK | X_OK) == 0 else { throw SpillDirectory.failure("cannot write in \(path)") }
    removeLeftovers()
  }

  /// Where files go unless a directory is named: `TMPDIR`, or `/var/tmp`, which is on disk where `/tmp` may be memory.
  public static var defaultPath: String {
    let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? ""
    return (folder.isEmpty ? "/var/tmp" : folder) + "/sluice-spill-\(geteuid())"
  }

  public func makeFile() throws(SpillError) -> any SpillFile {
    while true {
      let number = SpillDirectory.count.add(1, ordering: .relaxed).newValue
      let name = "\(path)/\(getpid())-\(number)\(SpillDirectory.suffix)"
      let descriptor = unsafe open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      if descriptor < 0, errno == EEXIST { continue }
      guard descriptor >= 0 else { throw SpillDirectory.failure("cannot open a file in \(path)") }
      // A relay that starts may have removed the name already.
      if unsafe unlink(name) != 0, errno != ENOENT {
        let failure = SpillDirectory.failure("cannot unlink \(name)")
        close(descriptor)
        throw failure
      }
      return File(descriptor, in: path)
    }
  }

  private func removeLeftovers() {
    guard let folder = unsafe opendir(path) else { return }
    defer { unsafe closedir(folder) }
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name.hasSuffix(SpillDirectory.suffix) { _ = unsafe unlink("\(path)/\(name)") }
    }
  }

  fileprivate static func failure(_ what: String) -> SpillError {
    let number = errno
    return SpillError("\(what): \(unsafe String(cString: strerror(number)))")
  }

  private final class File: SpillFile {
    private let descriptor: Int32
    private let directory: String

    init(_ descriptor: Int32, in directory: String) {
      self.descriptor = descriptor
      self.directory = directory
    }

    deinit { close(descriptor) }

    func write(_ bytes: RawSpan, at offset: Int) throws(SpillError) {
      var done = 0
      while done < bytes.byteCount {
        let count = unsafe bytes.withUnsafeBytes { buffer in
          unsafe pwrite(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw SpillDirectory.failure("cannot write in \(directory)") }
        done += count
      }
    }

    func read(_ count: Int, at offset: Int) throws(SpillError) -> [UInt8] {
      var done = 0
      var failure: SpillError?
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        while done < count {
          let size = unsafe pread(descriptor, buffer.baseAddress! + done, count - done, off_t(offset + done))
          if size < 0, errno == EINTR { continue }
          if size <= 0 {
            failure =
              size == 0
              ? SpillError("a file in \(directory) is shorter than what was written")
              : SpillDirectory.failure("cannot read in \(directory)")
            break
          }
          done += size
        }
        filled = done
      }
      if let failure { throw failure }
      return bytes
    }

    func truncate(to size: Int) throws(SpillError) {
      while ftruncate(descriptor, off_t(size)) != 0 {
        if errno != EINTR { throw SpillDirectory.failure("cannot truncate a file in \(directory)") }
      }
    }
  }
}
