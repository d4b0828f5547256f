import CLinux
import Glibc

/// What only the start needs: reading configuration, the catalogue, TLS and authentication of two clients, a snapshot. Its
/// code, and that of the libraries it takes, would stay resident for as long as the relay runs.
enum StartMemory {
  private static let released: Void = releaseNow()

  /// Once in a process, when the first stream has begun.
  static func release() { released }

  /// Before the rows of a snapshot, too, which fill the producer. What is in use comes back within a millisecond, from the page cache.
  static func releaseNow() {
    sluice_release_code()
    malloc_trim(0)
  }
}
