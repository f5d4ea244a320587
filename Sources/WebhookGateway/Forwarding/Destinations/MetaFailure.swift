import Verifiers

/// What Meta's `{"error": …}` means: its code counts, not the HTTP status that it comes with.
struct MetaFailure {
    private let code: Int64
    private let subcode: Int64
    private let isTransient: Bool
    private let words: String

    /// Nil when the answer has no such object.
    init?(_ document: JSONDocument) {
        guard let error = document.member("error") else { return nil }
        code = document.integer(of: document.member("code", of: error)) ?? -1
        subcode = document.integer(of: document.member("error_subcode", of: error)) ?? -1
        isTransient = document.boolean(of: document.member("is_transient", of: error)) ?? false
        let texts: [StaticString] = ["message", "error_user_title", "error_user_msg"]
        let said = texts.compactMap { document.string(of: document.member($0, of: error)) }.filter { !$0.isEmpty }
        words = "Meta says: \(said.joined(separator: "; ")) (code \(code)\(subcode >= 0 ? "/\(subcode)" : ""))"
    }

    /// What it means for the request; nil when the code says nothing that is known.
    ///
    /// Meta names no entry: of a request with one bad event it takes none.
    func verdict(retryAfter: Duration?) -> BatchVerdict? {
        switch (code, subcode) {
        case (190, _), (102, _), (2500, _): .whole(.dead(.authentication, reason: words))
        case (3, _), (10, _), (200...299, _): .whole(.dead(.authorization, reason: words))
        case (4, _), (17, _), (32, _), (613, _), (80000...80014, _):
            .whole(.retry(.rateLimit, reason: words, after: retryAfter))
        case (1, _), (2, _), (341, _), (368, _), (5000, _), (21009, _):
            .whole(.retry(.providerError, reason: words, after: retryAfter))
        case _ where isTransient: .whole(.retry(.providerError, reason: words, after: retryAfter))
        case (100, 33): .whole(.dead(.configuration, reason: "\(words); check pixelId and who may use it"))
        case (100, 2_804_000...2_804_999): .split(.dead(.dataError, reason: words))
        case (100, _): .split(.dead(.validation, reason: words))
        default: nil
        }
    }
}
