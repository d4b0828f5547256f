import Migrations
import Testing

struct MigrationDirectoryTests {
  @Test func versionsAreComparedAsNumbers() throws {
    let versions = ["1", "1.0.1", "1_1", "1.2", "1.10", "2", "10", "20261121.0930"].map { MigrationVersion($0) }
    let known = try versions.map { try #require($0) }
    #expect(known.sorted() == known)
    #expect(Set(known).count == known.count)
    #expect(MigrationVersion("1.0") == MigrationVersion("1"))
    #expect(MigrationVersion("1_2") == MigrationVersion("1.2"))
    #expect(MigrationVersion("007")?.description == "7")
    #expect(MigrationVersion("0") != nil)
  }

  @Test(arguments: ["", "a", "1.", ".1", "1..2", "-1", "+1", "1a", "99999999999999999999", "١"])
  func textThatIsNoVersionIsRefused(text: String) { #expect(MigrationVersion(text) == nil) }

  @Test func filesComeInTheOrderOfVersionsWithNamesAndChecksums() throws {
    let folder = try MigrationFolder([
      "V10__ten.sql": "SELECT 10", "V2__two_words.sql": "abc", "README.md": "", "._V1__x.sql": "",
    ])
    let migrations = try folder.read().migrations
    #expect(migrations.map(\.file) == ["V2__two_words.sql", "V10__ten.sql"])
    #expect(migrations.first?.name == "two words")
    // The SHA-256 example of FIPS 180.
    #expect(
      migrations.first?.checksum == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func firstLineMarksAFileThatHasNoTransaction() throws {
    let folder = try MigrationFolder([
      "V1__a.sql": "-- sluice: no transaction\r\nSELECT 1", "V2__b.sql": "\n-- sluice: no transaction\nSELECT 1",
    ])
    #expect(try folder.read().migrations.map(\.isTransactional) == [false, true])
  }

  @Test(arguments: [
    (["V1__a.sql": "", "V01__b.sql": ""], "V1__a.sql has the same version, 1, as V01__b.sql"),
    (["V1__a.sql": "", "R__views.sql": ""], "R__views.sql is not named"),
    (["V1_a.sql": ""], "V1_a.sql is not named"),
    (["v1__a.sql": ""], "v1__a.sql is not named"),
    (["Vx__a.sql": ""], "Vx__a.sql has no version"),
    (["V1__.sql": ""], "V1__.sql has no name"),
    (["V1__a.sql": "-- sluice: no-transaction\n"], "V1__a.sql:1 has the first line"),
    (["V1__a.sql": "SELECT 1;\nSELECT 'a"], "V1__a.sql:2 has a string that does not end"),
    (["V1__a.sql": "SELECT 1;\n\nCOMMIT;"], "V1__a.sql:3 has COMMIT"),
    (["V1__a.sql": "SELECT 1;\n\u{0}"], "V1__a.sql:2 holds a zero byte"),
    ([:], "holds no migration"),
  ])
  func wrongFilesAreNamed(files: [String: String], message: String) throws {
    let folder = try MigrationFolder(files)
    #expect { try folder.read() } throws: { "\($0)".contains(message) }
  }

  @Test func aMissingFolderIsNamed() {
    #expect { try MigrationDirectory(path: "/does/not/exist") } throws: {
      "\($0)" == "migrations directory /does/not/exist does not exist"
    }
  }
}
