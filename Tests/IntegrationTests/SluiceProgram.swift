import Foundation

/// The program `sluice`, for tests that run it as its users do.
enum SluiceProgram {
  /// Two folders above `Tests/IntegrationTests`.
  static let repositoryFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// SwiftPM builds it beside the program that runs the tests. `nil` where it is not built.
  static let url: URL? = {
    let besideTests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    return [besideTests, repositoryFolder.appending(path: ".build/debug")].map { $0.appending(path: "sluice") }.first {
      FileManager.default.isExecutableFile(atPath: $0.path)
    }
  }()
}
