import ArgumentParser

@main
struct Sluice: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice",
    subcommands: [
      RunCommand.self,
      MigrateCommand.self,
      GenerateCommand.self,
    ])
}
