import Testing

@testable import EventRouting

@Suite struct SignalTests {
  @Test func dataSaysWhatASnapshotIsOf() throws {
    let data = try SignalData(
      #" {"data-collections": [" public.a ", "s2.*"], "type": "Blocking", "surrogate-key": " ", "other": 1, "additional-conditions": [{"data-collection": "public.a", "filter": "id > 3"}]}"#
    )
    #expect(data.collections == ["public.a", "s2.*"])
    #expect(data.type == .blocking)
    #expect(data.surrogateKey == nil)
    #expect(data.conditions == [.init(pattern: "public.a", filter: "id > 3")])
  }

  @Test func missingDataIsAnEmptyObject() throws {
    #expect(try SignalData(nil) == SignalData(""))
    #expect(try SignalData(#"{"data-collections": []}"#).collections == nil)
  }

  @Test func aLineIsASignalWithItsDataAsJSON() throws {
    let line =
      #"{"id":"f1","type":"execute-snapshot","data":{"data-collections":["public.\"a\""],"n":[1,2.5,null,true]}}"#
    let signal = try SignalMessage(json: Array(line.utf8))
    #expect(signal.id == "f1")
    #expect(signal.data == #"{"data-collections":["public.\"a\""],"n":[1,2.5,null,true]}"#)
  }

  @Test(arguments: ["", "x", "[1]", #"{"id":"a","type":"b"}"#, #"{"type":"b","data":{}}"#])
  func aLineThatIsNoSignalIsRefused(line: String) {
    #expect(throws: SignalData.Refusal.self) { try SignalMessage(json: Array(line.utf8)) }
  }
}
