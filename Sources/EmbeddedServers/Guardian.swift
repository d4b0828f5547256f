import Glibc

/// A shell that waits for the end of a socket pair which this process holds open. The kernel closes it however
/// this process ends; then the guardian stops the servers that run in the directory and removes it.
///
/// Not PR_SET_PDEATHSIG: that watches the thread that started the server, and threads of a pool come and go.
struct Guardian: Sendable {
  private let child: ChildProcess
  private let socket: Int32

  /// Looks for processes by their working directory, since a server changes into its data directory first of all, before
  /// it writes its process id anywhere. SIGQUIT is PostgreSQL's immediate shutdown.
  private static let script = """
    cd /
    directory=$1
    while read -r line; do case $line in stopped) stopped=1;; esac; done
    turn=0
    while [ -z "$stopped" ] && [ $turn -lt 100 ]; do
      found=$(find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -lname "$directory/*" 2>/dev/null)
      [ -n "$found" ] || break
      signal=QUIT
      [ $turn -lt 60 ] || signal=KILL
      for link in $found; do
        id=${link#/proc/}
        kill -$signal "${id%/cwd}" 2>/dev/null
      done
      turn=$((turn + 1))
      sleep 0.05
    done
    turn=0
    while [ -e "$directory" ] && [ $turn -lt 20 ]; do
      rm -rf "$directory" 2>/dev/null || sleep 0.05
      turn=$((turn + 1))
    done
    """

  init(directory: String) throws(EmbeddedServerError) {
    var ends: [Int32] = [0, 0]
    // Close-on-exec from the start, so that no other child keeps it open.
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw EmbeddedServerError("cannot open a socket pair", log: nil)
    }
    defer { close(ends[0]) }
    do throws(EmbeddedServerError) {
      child = try ChildProcess(
        ["/bin/sh", "-c", Guardian.script, "sluice-guardian", directory],
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], standardInput: ends[0])
    } catch {
      close(ends[1])
      throw error
    }
    socket = ends[1]
  }

  /// Ends the guardian after the server has been stopped; it removes the directory.
  func release() {
    let word: StaticString = "stopped\n"
    // A guardian that is gone cannot read, which must not raise SIGPIPE.
    _ = send(socket, word.utf8Start, word.utf8CodeUnitCount, Int32(MSG_NOSIGNAL))
    close(socket)
    _ = child.wait(milliseconds: 15_000)
  }
}
