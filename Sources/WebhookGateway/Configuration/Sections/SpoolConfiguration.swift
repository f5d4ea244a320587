/// `spool`: the fsynced journal that takes deliveries while Redis is away.
struct SpoolConfiguration: ConfigurationSection {
    var enabled = true
    var maxBytes = 1_073_741_824
    var segmentBytes = 67_108_864

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.boolean("enabled", &enabled)
        keys.integer("maxBytes", &maxBytes, in: 1_024...1_099_511_627_776)
        // A small spool without a word on its files has one of its own size.
        segmentBytes = min(segmentBytes, maxBytes)
        keys.integer("segmentBytes", &segmentBytes, in: 1_024...1_099_511_627_776)
    }
}
