/// A field of a provider's payloads that is not any more what it has been.
struct ShapeChange: Equatable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// It was not there before, or not any more.
        case appeared
        /// It was in all payloads, and is in none.
        case vanished
        /// Its value is of another type.
        case changed
    }

    var kind: Kind
    /// As mappings write it: `lines[*].price`; `{*}` stands for the keys of a map.
    var path: String
    /// What it was; empty: nothing.
    var was: JSONKinds
    /// What it is; empty: nothing.
    var now: JSONKinds

    /// "was string, is string or null".
    var sentence: String {
        switch kind {
        case .appeared: "is there as \(now.sentence)"
        case .vanished: "is gone, was \(was.sentence)"
        case .changed: "is \(now.sentence), was \(was.sentence)"
        }
    }
}

/// A change as it is kept: where and when it was noticed.
struct NotedShapeChange: Equatable, Sendable {
    var change: ShapeChange
    /// The provider's type.
    var type: String
    /// In Unix milliseconds.
    var at: Int64
}
