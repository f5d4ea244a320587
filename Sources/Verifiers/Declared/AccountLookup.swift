/// How a provider's API tells which accounts (shops, stores) a key is for, so that a person chooses one instead of
/// typing its number. The key is used for that one question and kept nowhere.
public struct AccountLookup: Sendable, Equatable {
    /// Stands in `target` and header values where the key goes.
    public static let placeholder = "{key}"

    /// What an account is called ("shop").
    public var noun = "account"
    /// Where a person finds the key.
    public var hint = ""
    /// Scheme, host and port of the API ("https://pos.pages.fm").
    public var service: String
    /// Path and query of the GET request, with `{key}` where the key goes (it is percent-encoded).
    public var target: String
    /// Header fields of the request, with `{key}` where the key goes.
    public var headers: [ProviderDefinition.HeaderValue] = []
    /// The way to the accounts in the answer; `*` stands for each.
    public var items: JSONPointer
    /// The account's id within one of them: a text or a number.
    public var value: JSONPointer
    /// Its name.
    public var label: JSONPointer
    /// Whether the API may be at an address that is not of the public Internet.
    public var allowsPrivateAddresses = false

    /// Makes a look-up.
    public init(service: String, target: String, items: JSONPointer, value: JSONPointer, label: JSONPointer) {
        self.service = service
        self.target = target
        self.items = items
        self.value = value
        self.label = label
    }

    /// An account that a key is for.
    public struct Account: Sendable, Equatable {
        /// Its id, exactly as the API writes it.
        public var value: String
        /// What people call it; its id where the API tells no name.
        public var label: String
    }

    /// The accounts in an answer; nil when the answer has no list of them.
    ///
    /// - Parameter limit: how many are read at most.
    public func accounts(in document: JSONDocument, limit: Int) -> [Account]? {
        let (found, isThere) = items.all(in: document, from: .root, limit: limit)
        guard isThere else { return nil }
        return found.compactMap { item in
            guard let node = value.resolve(in: document, from: item.node),
                let id = Self.text(of: node, in: document), !id.isEmpty
            else { return nil }
            let name = label.resolve(in: document, from: item.node).flatMap { document.string(of: $0) }
            return Account(value: id, label: name.flatMap { $0.isEmpty ? nil : $0 } ?? id)
        }
    }

    /// A text, or a number digit by digit: ids may be longer than a floating-point number holds.
    private static func text(of node: JSONDocument.Node, in document: JSONDocument) -> String? {
        switch document.kind(of: node) {
        case .string: document.string(of: node)
        case .number: String(decoding: document.text(of: node), as: UTF8.self)
        default: nil
        }
    }
}
