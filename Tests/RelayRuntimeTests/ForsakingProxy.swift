import Glibc
import Synchronization

/// Stands between the relay and its server, as a load balancer does. `forsake` ends the connections to the server and keeps
/// those to the relay, for which nobody is there any more.
final class ForsakingProxy: Sendable {
  let port: UInt16
  private let listener: Int32
  private let isForsaking = Atomic<Bool>(false)
  private let isStopped = Atomic<Bool>(false)

  struct NoSocket: Error {}

  init(to server: UInt16) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw NoSocket() }
    var address = ForsakingProxy.loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard bound else { throw NoSocket() }
    port = UInt16(bigEndian: address.sin_port)
    self.listener = listener
    ForsakingProxy.startThread { [self] in run(server) }
  }

  func forsake() { isForsaking.store(true, ordering: .sequentiallyConsistent) }

  func stop() { isStopped.store(true, ordering: .sequentiallyConsistent) }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }

  private static func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Body: Sendable {
      let run: @Sendable () -> Void
      init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var thread = pthread_t()
    let retained = Unmanaged.passRetained(Body(body)).toOpaque()
    pthread_create(
      &thread, nil,
      {
        Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run()
        return nil
      }, retained)
    pthread_detach(thread)
  }

  private func run(_ server: UInt16) {
    var pairs: [(relay: Int32, server: Int32)] = []
    var forsaken: [Int32] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !isStopped.load(ordering: .sequentiallyConsistent) {
      if isForsaking.exchange(false, ordering: .sequentiallyConsistent) {
        for pair in pairs {
          close(pair.server)
          forsaken.append(pair.relay)
        }
        pairs.removeAll()
      }
      var entries = ([listener] + pairs.flatMap { [$0.relay, $0.server] }).map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      guard poll(&entries, nfds_t(entries.count), 20) > 0 else { continue }
      var ended: Set<Int> = []
      for (index, pair) in pairs.enumerated() {
        for (side, (from, to)) in [(pair.relay, pair.server), (pair.server, pair.relay)].enumerated()
        where entries[1 + 2 * index + side].revents != 0 {
          let count = read(from, &buffer, buffer.count)
          if count <= 0 || write(to, buffer, count) != count { ended.insert(index) }
        }
      }
      for index in ended.sorted(by: >) {
        close(pairs[index].relay)
        close(pairs[index].server)
        pairs.remove(at: index)
      }
      if entries[0].revents != 0 {
        let relay = accept(listener, nil, nil)
        let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = ForsakingProxy.loopback(port: server)
        let isConnected = withUnsafePointer(to: &address) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
          }
        }
        if isConnected {
          pairs.append((relay, far))
        } else {
          close(relay)
          close(far)
        }
      }
    }
    for descriptor in [listener] + forsaken + pairs.flatMap({ [$0.relay, $0.server] }) { close(descriptor) }
  }
}
