import CLinux
import Glibc

/// A child process in a session of its own, so that a terminal's Ctrl-C does not reach it. Must be waited for.
struct ChildProcess: Sendable {
  let id: pid_t

  /// Starts a program with a clean signal state and the given environment, nothing else.
  ///
  /// - Parameters:
  ///   - standardInput: a descriptor to read from; `nil` is `/dev/null`.
  ///   - outputFile: standard output and error are appended to it; `nil` is `/dev/null`.
  init(
    _ arguments: [String], environment: [String: String], standardInput: Int32? = nil, outputFile: String? = nil
  ) throws(EmbeddedServerError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let standardInput {
      posix_spawn_file_actions_adddup2(&actions, standardInput, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_addopen(&actions, 1, outputFile ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    sluice_close_inherited(&actions)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // Ignored signals would stay ignored in the child.
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    // POSIX_SPAWN_SETSID is 0x80 in glibc's spawn.h, behind a feature macro.
    let flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | 0x80
    posix_spawnattr_setflags(&attributes, flags)

    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var id: pid_t = 0
    let code = posix_spawnp(&id, arguments[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else {
      throw EmbeddedServerError("could not start \(arguments[0]): \(String(cString: strerror(code)))", log: nil)
    }
    self.id = id
  }

  /// `nil` while it runs; then its status as a shell gives it: 0…255, or 128 + signal. Takes the zombie away.
  func poll() -> Int32? {
    var status: Int32 = 0
    var result: pid_t
    repeat { result = waitpid(id, &status, WNOHANG) } while result == -1 && errno == EINTR
    if result == 0 { return nil }
    // ECHILD: somebody else's handler took the status.
    if result == -1 { return 255 }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  /// Waits until it has ended or the time is over (`nil`).
  func wait(milliseconds: Int) -> Int32? {
    let deadline = ContinuousClock.now + .milliseconds(milliseconds)
    while true {
      if let status = poll() { return status }
      if ContinuousClock.now >= deadline { return nil }
      usleep(2000)
    }
  }

  func signal(_ signal: Int32) { kill(id, signal) }

  /// Runs a program to its end and returns what it wrote. For short answers.
  static func output(of arguments: [String]) throws(EmbeddedServerError) -> String {
    let file = temporaryFolder() + "/sluice-output-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    defer { unlink(file) }
    let child = try ChildProcess(arguments, environment: currentEnvironment(), outputFile: file)
    guard child.wait(milliseconds: 10_000) == 0 else {
      child.signal(SIGKILL)
      _ = child.wait(milliseconds: 1000)
      throw EmbeddedServerError("\(arguments[0]) failed", log: tail(of: file))
    }
    return tail(of: file)
  }
}

func temporaryFolder() -> String {
  guard let folder = getenv("TMPDIR").map({ String(cString: $0) }), !folder.isEmpty else { return "/tmp" }
  return folder.hasSuffix("/") ? String(folder.dropLast()) : folder
}

/// The last `bytes` of a file, from a line's beginning; empty when it cannot be read.
func tail(of path: String, bytes: Int = 4096) -> String {
  guard let file = fopen(path, "r") else { return "" }
  defer { fclose(file) }
  fseek(file, 0, SEEK_END)
  let size = ftell(file)
  // One byte more tells whether the first line is whole.
  fseek(file, max(0, size - bytes - 1), SEEK_SET)
  var buffer = [UInt8](repeating: 0, count: bytes + 1)
  let count = fread(&buffer, 1, bytes + 1, file)
  var text = Substring(String(decoding: buffer[..<count], as: UTF8.self))
  if size > bytes, let end = text.firstIndex(where: \.isNewline) { text = text[text.index(after: end)...] }
  return String(text).trimmingNewlines
}
