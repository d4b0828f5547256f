import Foundation

/// Which lives a simulation goes through: `SLUICE_SIMULATION_SEED` alone, to replay it; else from 1 to
/// `SLUICE_SIMULATION_SEEDS` (2,000), or from `SLUICE_SIMULATION_FROM` until `SLUICE_SIMULATION_SECONDS` have passed (`make simulate`).
struct SimulationSeeds: Sequence, IteratorProtocol {
  let first: UInt64
  let isTimed: Bool
  private(set) var count = 0
  private let last: UInt64
  private let end: ContinuousClock.Instant?

  init() {
    func number(_ name: String) -> UInt64? {
      ProcessInfo.processInfo.environment["SLUICE_SIMULATION_" + name].flatMap { UInt64($0) }
    }
    end = number("SECONDS").map { ContinuousClock.now + .seconds(Int64($0)) }
    isTimed = end != nil
    first = number("SEED") ?? number("FROM") ?? 1
    last = number("SEED") ?? (isTimed ? .max : number("SEEDS") ?? 2_000)
  }

  mutating func next() -> UInt64? {
    let seed = first + UInt64(count)
    if seed > last { return nil }
    if let end, ContinuousClock.now >= end { return nil }
    count += 1
    return seed
  }
}
