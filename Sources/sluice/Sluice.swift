import ArgumentParser

@main
struct Sluice: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluice",
    abstract: "Relay a bank's PostgreSQL changes and outbox events to Kafka, as Debezium would.",
    version: "0.1.0",
    subcommands: [
      RunCommand.self,
      MigrateCommand.self,
      GenerateCommand.self,
      DemoCommand.self,
      TailCommand.self,
      VerifyCommand.self,
      ReplayCommand.self,
    ])
}
