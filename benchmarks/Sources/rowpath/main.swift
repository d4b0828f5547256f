import Glibc

// rowpath [STAGE [ROWS]]: nanoseconds a row, the best of five runs. With ROWS a single run of so many rows, for callgrind
// and for counting allocations: the difference of two such runs is what rows cost without the start.
let arguments = CommandLine.arguments.dropFirst()
guard let stages = arguments.first.map({ name in Stage(rawValue: name).map { [$0] } }) ?? Stage.allCases.dropLast()
else {
  print("rowpath: no such stage; there are \(Stage.allCases.map(\.rawValue).joined(separator: ", "))")
  exit(64)
}
if let rows = arguments.dropFirst().first.flatMap({ Int($0) }) {
  try stages[0].run(rows: rows)
  exit(0)
}
let rows = 200_000
print("stage        ns/row")
for stage in stages {
  try stage.run(rows: rows / 10)
  var best = Duration.seconds(1_000)
  for _ in 0..<5 { best = min(best, try ContinuousClock().measure { try stage.run(rows: rows) }) }
  let nanoseconds = Int(best.components.attoseconds / 1_000_000_000) + Int(best.components.seconds) * 1_000_000_000
  print("\(stage.rawValue)\(String(repeating: " ", count: 13 - stage.rawValue.count))\(nanoseconds / rows)")
}
