/// Rows in columns that are as wide as their widest text.
public struct TextTable {
  private let alignments: [DisplayText.Alignment]
  private var rows: [[String]] = []

  /// A row with fewer texts than columns leaves the rest empty; one without any is an empty line.
  public init(_ alignments: [DisplayText.Alignment]) { self.alignments = alignments }

  public mutating func add(_ row: [String]) { rows.append(row) }
  public mutating func addEmptyLine() { rows.append([]) }

  private var widths: [Int] {
    alignments.indices.map { column in
      rows.map { $0.count > column ? DisplayText.width($0[column]) : 0 }.max() ?? 0
    }
  }

  /// Cells of the widest line.
  public var width: Int { widths.reduce(0, +) + 2 * max(widths.count - 1, 0) }

  /// The first `columns` columns, all where it is not given. Two spaces between columns, none at a line's end.
  public func lines(columns: Int? = nil) -> [String] {
    let widths = widths.prefix(columns ?? alignments.count)
    return rows.map { row in
      var line = ""
      for (column, text) in row.enumerated() where column < widths.count {
        line += (column > 0 ? "  " : "") + DisplayText.fitted(text, to: widths[column], alignments[column])
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// A sentence broken between words, the lines after the first indented.
  public static func wrapped(_ text: String, to cells: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let longer = line.isEmpty ? String(word) : line + " " + word
      if DisplayText.width(longer) > cells, !line.isEmpty {
        lines.append(line)
        line = "  " + word
      } else {
        line = longer
      }
    }
    return lines + [line]
  }
}
