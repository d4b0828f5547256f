import Testing

@testable import TerminalScreens

struct DisplayTextTests {
  @Test func controlCharactersBecomeVisibleAndOtherTextStays() {
    #expect(DisplayText.visible("a\u{1B}[31mb\r\n\u{7F}") == "a␛[31mb␍␊␡")
    #expect(DisplayText.visible("x\u{9B}2Jy\u{202E}z") == "x\\u{9b}2Jy\\u{202e}z")
    #expect(DisplayText.visible("Żółć 東京 😀 é") == "Żółć 東京 😀 é")
  }

  @Test func wideAndCombiningCharactersCountTheirCells() {
    #expect(DisplayText.width("abc") == 3)
    #expect(DisplayText.width("東京") == 4)
    #expect(DisplayText.width("e\u{301}") == 1)
    #expect(DisplayText.width("😀") == 2)
  }

  @Test func cutTextEndsInAnEllipsisAndIsNeverTooWide() {
    #expect(DisplayText.cut("abcdef", to: 6) == "abcdef")
    #expect(DisplayText.cut("abcdef", to: 4) == "abc…")
    for cells in 0...8 { #expect(DisplayText.width(DisplayText.cut("a東b京c😀", to: cells)) <= cells) }
  }

  @Test func fittedTextIsExactlyAsWideAsAsked() {
    #expect(DisplayText.fitted("ab", to: 4) == "ab  ")
    #expect(DisplayText.fitted("ab", to: 4, .right) == "  ab")
    #expect(DisplayText.width(DisplayText.fitted("東京都", to: 4)) == 4)
  }

  @Test func styleWithoutColoursLeavesTextAlone() {
    #expect(TerminalStyle.plain.red("x") == "x")
    #expect(TerminalStyle.coloured.red("x") == "\u{1B}[31mx\u{1B}[0m")
  }

  @Test func sentencesBreakBetweenWords() {
    #expect(TextTable.wrapped("one two three four", to: 9) == ["one two", "  three", "  four"])
    #expect(TextTable.wrapped("unbreakable", to: 3) == ["unbreakable"])
  }

  @Test func tableColumnsAreAsWideAsTheirWidestText() {
    var table = TextTable([.left, .right, .left])
    table.add(["a", "1", "x"])
    table.add(["bcd", "1,000", ""])
    #expect(table.lines() == ["a        1  x", "bcd  1,000"])
    #expect(table.lines(columns: 1) == ["a", "bcd"])
    #expect(table.width == 13)
  }
}
