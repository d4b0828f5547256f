import Glibc

/// State records of all connectors in one file, `offset.storage.file.filename`: one JSON object a line, in the connectors'
/// order. Replaced as a whole by rename, after fsync, so that a crash leaves the old file or the new one.
public struct FileStateStore: StateStore {
  let path: String

  public init(path: String) { self.path = path }

  public mutating func load(connector: String) throws(StateStoreError) -> StateRecord? {
    try locked { () throws(StateStoreError) in try read().first { $0.connector == connector } }
  }

  public mutating func store(_ record: StateRecord) throws(StateStoreError) {
    try locked { () throws(StateStoreError) in
      var records = try read()
      if let index = records.firstIndex(where: { $0.connector == record.connector }) {
        try record.checkNotOvertaken(by: records[index])
        records[index] = record
      } else {
        records.append(record)
      }
      try replace(records.flatMap { $0.json + [UInt8(ascii: "\n")] })
    }
  }

  /// Other connectors of this process and other relays may share the file: each reads and replaces it under one lock.
  private func locked<T>(_ body: () throws(StateStoreError) -> T) throws(StateStoreError) -> T {
    let lockPath = path + ".lock"
    let descriptor = unsafe open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot open \(lockPath)") }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      if errno != EINTR { throw failure("cannot lock \(lockPath)") }
    }
    return try body()
  }

  private func read() throws(StateStoreError) -> [StateRecord] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0, errno == ENOENT { return [] }
    guard descriptor >= 0 else { throw failure("cannot open \(path)") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("cannot read \(path)") }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    if bytes.starts(with: [0xAC, 0xED]) {
      throw StateStoreError(
        "\(path) is an offsets file of Kafka Connect, in Java's serialization. Name another file in offset.storage.file.filename"
      )
    }
    var records: [StateRecord] = []
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      do throws(StateStoreError) {
        records.append(try StateRecord(json: Array(line)))
      } catch {
        throw StateStoreError(
          "\(path), line \(number + 1): \(error). Restore the file, or remove it to start from the slots' positions")
      }
    }
    return records
  }

  private func replace(_ bytes: [UInt8]) throws(StateStoreError) {
    let temporary = path + ".new"
    let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure("cannot create \(temporary)") }
    var offset = 0
    while offset < bytes.count {
      let written = unsafe bytes.withUnsafeBytes { buffer in
        unsafe write(descriptor, buffer.baseAddress! + offset, buffer.count - offset)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        let error = failure("cannot write \(temporary)")
        close(descriptor)
        throw error
      }
      offset += written
    }
    guard fsync(descriptor) == 0 else {
      let error = failure("cannot sync \(temporary)")
      close(descriptor)
      throw error
    }
    close(descriptor)
    guard unsafe rename(temporary, path) == 0 else { throw failure("cannot rename \(temporary)") }
    // The rename is durable once its directory is.
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let handle = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if handle >= 0 {
      fsync(handle)
      close(handle)
    }
  }

  private func failure(_ what: String) -> StateStoreError {
    let code = errno
    // A path that is wrong stays wrong; a full disk or a file server that is away may come back.
    let isTransient = ![ENOENT, ENOTDIR, EACCES, EPERM, EROFS, EISDIR, ENAMETOOLONG, ELOOP].contains(code)
    return StateStoreError("\(what): \(unsafe String(cString: strerror(code)))", isTransient: isTransient)
  }
}
