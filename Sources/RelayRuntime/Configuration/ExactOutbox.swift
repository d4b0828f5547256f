import EventEncoding
import EventRouting

extension PipelineOptions {
  /// `sluice.outbox.json=exact`, for every event router of the chain. Converters of bytes take text as well, so that a text
  /// payload is no failure.
  mutating func makeOutboxExact() {
    transforms = transforms.map { step in
      guard case .eventRouter(var router) = step.kind else { return step }
      router.isExact = true
      return TransformStep(alias: step.alias, kind: .eventRouter(router), predicate: step.predicate)
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
