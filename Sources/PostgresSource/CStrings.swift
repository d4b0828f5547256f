/// Lends a null-terminated array of C strings for the time of one call.
func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  unsafe withOptionalCStrings(texts.map(Optional.some)) { unsafe body($0) }
}

/// The same with gaps: `nil` becomes a null pointer, SQL's NULL.
func withOptionalCStrings<Result>(
  _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  // One block holds all texts, so that no pointer outlives its owner.
  var offsets: [Int?] = []
  var block: [CChar] = []
  for text in texts {
    guard let text else {
      offsets.append(nil)
      continue
    }
    offsets.append(block.count)
    block.append(contentsOf: text.utf8CString)
  }
  return unsafe block.withUnsafeBufferPointer { block in
    var pointers = unsafe offsets.map { offset in unsafe offset.map { unsafe block.baseAddress! + $0 } }
    unsafe pointers.append(nil)
    return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
  }
}
