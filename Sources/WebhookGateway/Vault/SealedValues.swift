/// Where sealed values are kept, for `keys rekey`: shows every one of them and puts another in its place.
@ControlPlane
protocol SealedValues {
    /// Some of the values, in any order that lasts; `cursor` is nil at first, then what the page before said.
    ///
    /// A value that is there during the whole walk is shown at least once. What cannot be read as a sealed value is
    /// left out.
    func page(after cursor: String?) async throws(RedisFailure) -> SealedPage

    /// Puts `sealed` in the place of `value`, unless something else stands there by now (false). Processes that
    /// hold the old text learn of it, as of any change; what it means is the same as before.
    func replace(_ value: StoredSealedValue, with sealed: SealedValue) async throws(RedisFailure) -> Bool
}

/// A sealed value and the place that it is kept for.
struct StoredSealedValue: Sendable, Hashable {
    var context: VaultContext
    var sealed: SealedValue
}

/// Some of the values that there are.
struct SealedPage: Sendable {
    var values: [StoredSealedValue]
    /// What to ask the next page with; nil: this is the last.
    var next: String?
}
