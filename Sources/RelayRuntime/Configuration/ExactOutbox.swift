import EventEncoding
import EventRouting

extension PipelineOptions {
  /// `sluice.outbox.json=exact`, for every event router of the chain and what decodes events for it. Converters of bytes take text as well, so that a text
  /// payload is no failure.
  mutating func makeOutboxExact() {
    let routes = transforms.contains { if case .eventRouter = $0.kind { true } else { false } }
    transforms = transforms.map { step in
      var kind = step.kind
      switch kind {
      case .eventRouter(var router):
        router.isExact = true
        kind = .eventRouter(router)
      case .record(var decode as DecodeLogicalMessage) where routes:
        decode.isExact = true
        kind = .record(decode)
      case .record, .regexRouter: break
      }
      return TransformStep(alias: step.alias, kind: kind, predicate: step.predicate, className: step.className)
    }
    keyConverter = PipelineOptions.takingText(keyConverter)
    valueConverter = PipelineOptions.takingText(valueConverter)
  }

  private static func takingText(_ converter: RecordConverter) -> RecordConverter {
    switch converter {
    case .byteArray, .binaryData(.none): .binaryData(.text)
    default: converter
    }
  }
}
