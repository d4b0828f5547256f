import Testing

@testable import Migrations

struct SQLStatementSplitterTests {
  private func texts(_ sql: String) throws -> [String] { try SQLStatementSplitter.split(sql).map(\.text) }

  @Test func semicolonsSeparateStatementsAndTheLastOneNeedsNone() throws {
    #expect(try texts("SELECT 1; SELECT 2 ;\nSELECT 3") == ["SELECT 1", "SELECT 2", "SELECT 3"])
  }

  @Test func whiteSpaceCommentsAndBareSemicolonsAreNoStatements() throws {
    #expect(try texts("") == [])
    #expect(try texts(" ;; \n -- a; b\n /* c; /* d; */ e; */ ;") == [])
  }

  @Test func statementsBeginOnTheLineOfTheirFirstToken() throws {
    let statements = try SQLStatementSplitter.split("-- one\n\nSELECT\n 1; -- x\n/* y\n z */ SELECT 'a\nb';SELECT 3")
    #expect(statements.map(\.line) == [3, 6, 7])
  }

  @Test(arguments: [
    "SELECT 'a;b'", "SELECT 'it''s; fine'", "SELECT ''", "SELECT 'back\\'", "SELECT E'it\\'s; fine'",
    "SELECT e'\\\\'", "SELECT E'a''b\\'c;'", "SELECT E'a'\n  'b\\';'", "SELECT E'a' -- note; it's\n 'b\\';'",
    "SELECT U&'\\0041;'", "SELECT N';', B'0', X'f'", "SELECT 1 AS \"a;\"\"b\"", "SELECT name'\\'",
    "SELECT $$a;'b$$", "SELECT $q$a;$$;$r$;$q$", "SELECT $tag_1$ $tag$ ; $tag_1$", "SELECT a$b$, $1, 1 FROM a$b$",
    "SELECT $é$;$é$", "SELECT 1$a$;$a$", "SELECT $$$$", "SELECT /* ; /* ' */ ; */ 1", "SELECT 1 -- ; '\n+ 2",
    "SELECT 1 /* it's */ + 2", "SELECT 6 / 2 - 1 * 3", "SELECT '--', '/*'", "SELECT $$ -- $$",
    "CREATE RULE r AS ON INSERT TO t DO (DELETE FROM a; DELETE FROM b)",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 ELSE 2 END; END",
    "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (1); END",
    "CREATE FUNCTION \"begin\"() RETURNS int LANGUAGE sql AS 'SELECT 1;'",
  ])
  func semicolonsInsideQuotesCommentsParenthesesAndBodiesDoNotSeparate(statement: String) throws {
    #expect(try texts(statement + "; SELECT 'next'") == [statement, "SELECT 'next'"])
  }

  @Test func caseOutsideAFunctionBodyNeedsNoEnd() throws {
    #expect(
      try texts("SELECT atomic, begin, CASE FROM t; SELECT 2") == ["SELECT atomic, begin, CASE FROM t", "SELECT 2"])
  }

  @Test(arguments: [
    ("SELECT 1;\nSELECT 'a\n\n", 2), ("\n\n/* a /* b */ ", 3), ("SELECT\n$x$ $$ $y$", 2), ("\"a", 1), ("E'\\'", 1),
    // A continued string is one string, which begins at its first part.
    ("SELECT 'a'\n\n'b", 1),
  ])
  func whatDoesNotEndIsReportedWhereItBegins(sql: String, line: Int) {
    #expect { try SQLStatementSplitter.split(sql) } throws: { ($0 as? SQLStatementSplitter.Failure)?.line == line }
  }

  @Test func everyPrefixOfAFileIsSplitOrRefused() throws {
    let sql = "CREATE FUNCTION f() BEGIN ATOMIC SELECT E'\\'', $a$;$a$, \"x\" /* c */; END; -- d\nSELECT 'é'"
    for length in 0...sql.count { _ = try? SQLStatementSplitter.split(String(sql.prefix(length))) }
  }

  @Test func serverPositionsAreCountedInCharactersAndFoundOnTheirLine() throws {
    let statement = try SQLStatementSplitter.split("\nSELECT 'é',\n  'ü',\n  nothing").first
    #expect(statement?.line(atPosition: 1) == 2)
    #expect(statement?.line(atPosition: 12) == 2)
    #expect(statement?.line(atPosition: 13) == 3)
    #expect(statement?.line(atPosition: 21) == 4)
    #expect(statement?.line(atPosition: 9_999) == 4)
    #expect(statement?.line(atPosition: -1) == 2)
  }

  @Test(arguments: [
    "BEGIN", "begin work", "START TRANSACTION", "COMMIT", "END", "ABORT", "ROLLBACK", "ROLLBACK WORK",
    "PREPARE TRANSACTION 'x'", "COPY public.customers (id, tier) FROM STDIN", "COPY (SELECT 1) TO stdout WITH CSV",
  ])
  func transactionCommandsAndClientCopiesAreRefused(sql: String) throws {
    #expect(try SQLStatementSplitter.split(sql).first?.refusal != nil)
  }

  @Test(arguments: [
    "SAVEPOINT a", "ROLLBACK TO a", "ROLLBACK WORK TO SAVEPOINT a", "RELEASE a", "PREPARE p AS SELECT 1",
    "COPY t FROM '/stdin'", "COPY t FROM PROGRAM 'stdin'", "DO $$ BEGIN COMMIT; END $$", "SELECT 'commit'",
  ])
  func whatOnlyLooksLikeItIsAllowed(sql: String) throws {
    #expect(try SQLStatementSplitter.split(sql).first?.refusal == nil)
  }
}
