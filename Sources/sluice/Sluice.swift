import ArgumentParser

@main
struct Sluice: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice",
    subcommands: [
      MigrateCommand.self,
      GenerateCommand.self,
    ])
}
