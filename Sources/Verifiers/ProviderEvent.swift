/// One event of a delivery, as the provider tells it.
public struct ProviderEvent: Equatable, Sendable {
    /// The idempotency key, the event's `providerid`: the provider's own id, or one derived from the decoded fields.
    public var key: String
    /// The provider's name of the event's type ("payment_intent.succeeded", "Customer.Create"); "" when it has none.
    public var type: String
    /// When it happened at the provider; nil when the provider does not say (the arrival time stands in).
    public var time: Timestamp?
    /// What the event is about at the provider (`pi_…`, an entity id); nil lets the mapping say.
    public var subject: String?
    /// The provider's account the event belongs to (QuickBooks realm, Square merchant): looked up in `tenants`.
    public var account: String?
    /// The JSON node that mappings and `data.raw` start from: the whole document, or one element of a batch.
    public var payload: JSONDocument.Node
    /// Why this element of a batch cannot be an event, though the others can; nil: it can. The key is then made of its
    /// bytes.
    public var defect: String?

    /// Makes an event.
    public init(
        key: String, type: String, time: Timestamp? = nil, subject: String? = nil, account: String? = nil,
        payload: JSONDocument.Node
    ) {
        self.key = key
        self.type = type
        self.time = time
        self.subject = subject
        self.account = account
        self.payload = payload
    }

    /// An element of a batch that cannot be an event.
    init(unreadable node: JSONDocument.Node, of document: JSONDocument, because defect: String) {
        self.init(
            key: "element-sha256:\(SHA256Hash.hex(of: document.text(of: node)))", type: "unreadable", payload: node)
        self.defect = defect
    }
}
