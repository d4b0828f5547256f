import Glibc

/// The account the server runs under: this one, or for root an unprivileged one, since PostgreSQL refuses root.
struct ServerAccount: Sendable {
  struct Identity: Sendable {
    var name: String
    var user: uid_t
    var group: gid_t
  }

  /// `nil` stays as we are.
  var switchTo: Identity?
  private let setpriv: String?

  static func forThisProcess() throws(EmbeddedServerError) -> ServerAccount {
    let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].first { (path: String) in access(path, X_OK) == 0 }
    guard geteuid() == 0 else { return ServerAccount(switchTo: nil, setpriv: setpriv) }
    guard setpriv != nil else {
      throw EmbeddedServerError(
        "PostgreSQL refuses to run as root, and setpriv (package util-linux) is missing to start it as another user",
        log: nil)
    }
    for name in ["postgres", "nobody"] {
      if let entry = getpwnam(name) {
        let identity = Identity(name: name, user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
        return ServerAccount(switchTo: identity, setpriv: setpriv)
      }
    }
    throw EmbeddedServerError(
      "PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody", log: nil)
  }

  /// The command line that runs a program under this account. Not `runuser`, which stays in between as the parent.
  func command(_ arguments: [String]) -> [String] {
    // From the root directory, since the other account may not be allowed into ours.
    let start = ["/bin/sh", "-c", "cd / && exec \"$@\"", "sh"]
    guard let switchTo, let setpriv else { return start + arguments }
    return start + [setpriv, "--reuid=\(switchTo.user)", "--regid=\(switchTo.group)", "--init-groups", "--"] + arguments
  }
}
