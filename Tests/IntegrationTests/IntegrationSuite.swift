import Testing

/// Tests with real processes. One after another: each measures time or keeps both a server and a relay busy.
@Suite(.serialized)
enum Integration {}
