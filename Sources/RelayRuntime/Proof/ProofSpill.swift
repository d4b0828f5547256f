import Glibc
import Primitives

/// Entries by the hash of their key, in partitions that are read one after another: memory holds one partition's keys at
/// a time, whatever the size of tables and topics. What does not fit into the partitions' buffers lies in one file without
/// a name, which ends with the process.
struct ProofSpill: ~Copyable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// A partition's buffer; with the most partitions 16 MiB in all.
  static let bufferBytes = 64 << 10
  static let partitionsMax = 256
  /// What a partition should hold at most, in bytes of entries.
  private static let partitionBytes = 32 << 20
  /// An entry of a table with ten columns.
  private static let entryBytesEstimated = 256

  private struct Partition {
    var blocks: [(offset: Int, count: Int)] = []
    var buffer: [UInt8] = []
  }

  private var partitions: [Partition]
  private let directory: String
  private var file: Int32 = -1
  private var end = 0
  private var scratch = ByteWriter(minimumCapacity: 1_024)
  private(set) var entryCount = 0

  init(entriesEstimated: Int, directory: String) {
    let wanted = max(0, entriesEstimated) / (Self.partitionBytes / Self.entryBytesEstimated) + 1
    partitions = Array(repeating: Partition(), count: min(wanted, Self.partitionsMax))
    self.directory = directory
  }

  deinit { if file >= 0 { close(file) } }

  var partitionCount: Int { partitions.count }
  /// Bytes on disk.
  var spilledBytes: Int { end }

  mutating func add(_ entry: ProofEntry) throws(Failure) {
    scratch.removeAll()
    entry.write(to: &scratch)
    // The upper bits: the lower ones choose places in a dictionary later.
    let index = Int((entry.keyHash >> 32) % UInt64(partitions.count))
    partitions[index].buffer.append(contentsOf: scratch.array)
    entryCount += 1
    if partitions[index].buffer.count >= Self.bufferBytes { try spill(index) }
  }

  /// Lends the entries of one partition in the order in which they came.
  mutating func forEach(inPartition index: Int, _ body: (ProofEntry) -> Void) throws(Failure) {
    for block in partitions[index].blocks {
      var bytes = [UInt8](repeating: 0, count: block.count)
      var done = 0
      while done < block.count {
        let count = unsafe bytes.withUnsafeMutableBytes { buffer in
          unsafe pread(file, buffer.baseAddress! + done, block.count - done, block.offset + done)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure("reading") }
        done += count
      }
      try Self.read(bytes, body)
    }
    try Self.read(partitions[index].buffer, body)
    partitions[index] = Partition()
  }

  private static func read(_ bytes: [UInt8], _ body: (ProofEntry) -> Void) throws(Failure) {
    var reader = unsafe ByteReader(bytes.span.bytes)
    while reader.remaining > 0 {
      do throws(DecodeError) {
        body(try ProofEntry(&reader))
      } catch {
        throw Failure(description: "the temporary file is damaged: \(error)")
      }
    }
  }

  private mutating func spill(_ index: Int) throws(Failure) {
    if file < 0 {
      var path = Array((directory + "/sluice-verify-XXXXXX").utf8CString)
      file = unsafe path.withUnsafeMutableBufferPointer { unsafe mkstemp($0.baseAddress!) }
      guard file >= 0 else { throw failure("making") }
      // Hashes only, and nobody else's business: it has no name from here on.
      _ = unsafe path.withUnsafeBufferPointer { unsafe unlink($0.baseAddress!) }
    }
    let bytes = partitions[index].buffer
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe pwrite(file, buffer.baseAddress! + done, bytes.count - done, end + done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("writing") }
      done += count
    }
    partitions[index].blocks.append((end, bytes.count))
    partitions[index].buffer.removeAll(keepingCapacity: true)
    end += bytes.count
  }

  private func failure(_ what: String) -> Failure {
    Failure(description: "\(what) a temporary file in \(directory): \(unsafe String(cString: strerror(errno)))")
  }
}
