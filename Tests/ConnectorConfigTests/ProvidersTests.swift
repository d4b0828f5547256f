import Foundation
import Testing

@testable import ConnectorConfig

@Suite final class ProvidersTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "sluice-config-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try "user=relay\npw=hunter2\n".write(to: folder.appending(path: "s.properties"), atomically: true, encoding: .utf8)
    try "hunter3\n".write(to: folder.appending(path: "pw"), atomically: true, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  @Test func environmentFileAndDirectoryAreThereWithoutDeclaration() throws {
    let options = try Support.options(
      [
        "database.user": "${file:\(folder.path)/s.properties:user}", "database.password": "${dir:\(folder.path):pw}",
        "database.hostname": "db-${env:ZONE}.local",
      ], environment: ["ZONE": "b"])
    #expect(options.database.user == "relay")
    #expect(options.database.password?.reveal() == "hunter3")
    #expect(options.database.host == "db-b.local")
  }

  @Test func declaredNamesAndParametersCount() throws {
    let worker =
      Support.worker + "config.providers=vault, e\nconfig.providers.vault.class=org.apache.kafka.common.config."
      + "provider.FileConfigProvider\nconfig.providers.vault.param.allowed.paths=/nowhere\n"
      + "config.providers.e.class=EnvVarConfigProvider\nconfig.providers.e.param.allowlist.pattern=PG.*\n"
    #expect(
      try Support.options(["database.user": "${e:PGUSER}"], worker: worker, environment: ["PGUSER": "x"]).database.user
        == "x")
    let problems = Support.problems(
      ["database.user": "${e:HOME}", "database.password": "${vault:\(folder.path)/s.properties:pw}"],
      worker: worker, environment: ["HOME": "secret-home"])
    #expect(problems.count == 2)
    #expect(problems.allSatisfy { $0.message.contains("may not be read") })
  }

  @Test(arguments: [
    ("config.providers=a\n", "config.providers.a.class: is missing"),
    ("config.providers=a\nconfig.providers.a.class=com.example.Vault\n", "Vault is not supported"),
    ("config.providers.b.class=EnvVarConfigProvider\nconfig.providers.b.param.x=1\n", "is not in config.providers"),
  ])
  func wrongDeclarationsAreErrors(lines: String, expected: String) {
    let problems = Support.problems(worker: Support.worker + lines)
    #expect(problems.map(\.description).joined().contains(expected), "\(problems)")
  }

  @Test func missingVariableNamesPropertyAndVariable() {
    let problems = Support.problems(["database.user": "${env:NO_SUCH}"])
    #expect(problems.count == 1)
    #expect(problems.first?.property == "database.user")
    #expect(problems.first?.message.contains("NO_SUCH") == true)
    for reference in [
      "${file:/no/such:key}", "${dir:/no/such:key}", "${evn:X}", "${file:key}", "${dir:/tmp:../x}", "${env:a:b}",
    ] {
      #expect(Support.problems(["database.user": reference]).count == 1, "\(reference)")
    }
  }

  @Test func referencesWithoutColonAreLeftAlone() throws {
    let options = try Support.options([
      "transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter",
      "transforms.o.route.topic.replacement": "e.${routedByValue}",
    ])
    guard case .eventRouter(let router) = options.transforms.first?.kind else {
      Issue.record("no event router")
      return
    }
    #expect(router.routeTopicReplacement == "e.${routedByValue}")
  }

  @Test func secretsNeverShowInDescriptionsOrErrors() throws {
    let environment = ["U": "s3cr3t-user", "P": "s3cr3t-password", "N": "s3cr3t-number"]
    let worker = Support.worker + "producer.sasl.jaas.config=s3cr3t-jaas\nproducer.client.id=${env:U}\n"
    let loaded = try Support.load(
      [
        "database.user": "${env:U}", "database.password": "s3cr3t-password", "database.sslpassword": "${env:P}",
        "heartbeat.action.query": "${env:P}", "column.mask.hash.SHA-256.with.salt.s3cr3t": "a.b.c",
        "producer.override.ssl.key.password": "s3cr3t-key",
      ], worker: worker, environment: environment)
    #expect(!Support.printed(loaded).contains("s3cr3t"), "\(Support.printed(loaded))")
    #expect(!Support.printed(loaded.connectors[0].database).contains("s3cr3t"))
    #expect(loaded.connectors[0].database.libpqKeywords["password"] == "s3cr3t-password")
    #expect(loaded.worker.producerProperties["sasl.jaas.config"]?.text == "s3cr3t-jaas")

    let wrong: [String: String] = [
      "slot.max.retries": "${env:N}", "snapshot.mode": "${env:N}", "slot.name": "${env:P}",
      "topic.prefix": "${env:N} x",
      "table.include.list": "${env:N}(", "tasks.max": "${env:N}", "message.key.columns": "${env:N}",
      "key.converter": "${env:N}", "connector.class": "${env:N}", "transforms": "a", "transforms.a.type": "${env:N}",
      "topic.creation.default.partitions": "${env:N}", "errors.tolerance": "${env:N}", "plugin.name": "${env:N}",
    ]
    let problems = Support.problems(wrong, environment: environment)
    #expect(problems.count >= wrong.count - 1, "\(problems)")
    #expect(!Support.printed(problems).contains("s3cr3t"), "\(problems)")
    let salted = Support.problems(["column.mask.hash.SHA-256.with.salt.s3cr3t": "("])
    #expect(!Support.printed(salted).contains("s3cr3t") && salted.count == 1)
    let unknown = Support.problems(["column.mask.hash.MD2.with.salt.s3cr3t": "a"])
    #expect(!Support.printed(unknown).contains("s3cr3t") && unknown.count == 1)
    #expect(!loaded.connectors[0].properties.contains { $0.name.contains("s3cr3t") })
  }
}
