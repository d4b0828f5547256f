/// A configuration file as written: names, texts and lines, before any provider or catalogue has seen them.
struct RawProperties {
  struct Entry {
    let name: String
    let value: String
    let line: Int
  }

  let file: String
  var entries: [Entry]
}
