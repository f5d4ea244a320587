/// `archive`: how long and how much settled events are kept for search and replay.
struct ArchiveConfiguration: ConfigurationSection {
    var ttlSeconds = 604_800
    var maxEvents = 100_000
    var maxBytes = 536_870_912

    mutating func visit(_ keys: inout some KeyVisitor) {
        keys.integer("ttlSeconds", &ttlSeconds, in: 1...315_360_000)
        keys.integer("maxEvents", &maxEvents, in: 0...1_000_000_000)
        keys.integer("maxBytes", &maxBytes, in: 0...1_099_511_627_776)
    }
}
