/// QuickBooks Online: `intuit-signature` over the body
/// (developer.intuit.com/app/developer/qbo/docs/develop/webhooks/managing-webhooks-notifications).
///
/// A delivery holds a list of changes in one of two shapes: an array of CloudEvents, or the legacy object
/// `eventNotifications`. The list may be empty; then there is no event, and the delivery is accepted all the same,
/// because an answer other than 200 blocks everything that follows.
public struct QuickBooks: NativeProvider {
    /// The name in configuration, metrics and events.
    public static let name = "quickbooks"
    /// The bundled rules of the field mapping.
    public static var mapping: String { QuickBooksMapping.rules }

    let keys: SigningKeys
    let settings: ProviderSettings

    /// Prepares the keys: the verifier token as the developer portal shows it, not the OAuth client secret.
    public init(_ settings: ProviderSettings) throws(InvalidSettings) {
        keys = try SigningKeys(settings.secrets)
        self.settings = settings
    }

    /// Proves a delivery authentic: the signature covers the body alone, in both shapes.
    public func verify(_ delivery: Delivery) throws(VerificationFailure) -> Int {
        guard let value = delivery.headers.first("intuit-signature"), !value.isEmpty else { throw .missing }
        guard let signature = Digest(base64: value, count: 32) else { throw .malformed }
        guard let secret = keys.match(signature, body: delivery.body) else { throw .mismatch }
        return secret
    }

    /// The changes in order; none for an empty list. The account comes from each element, since a batch may mix realms.
    public func events(
        in delivery: Delivery, document: inout JSONDocument
    ) throws(MalformedBody) -> [ProviderEvent] {
        try document.readBody(delivery.body)
        switch document.kind(of: .root) {
        case .array:
            var events: [ProviderEvent] = []
            for (index, element) in document.children(of: .root).enumerated() {
                do throws(MalformedBody) {
                    events.append(try cloudEvent(element, path: "[\(index)].", in: document))
                } catch {
                    events.append(ProviderEvent(unreadable: element, of: document, because: error.reason))
                }
            }
            return events
        case .object where document.member("eventNotifications") != nil:
            return try QuickBooksNotifications.events(in: &document)
        case .object where document.member("specversion") != nil:
            return [try cloudEvent(.root, path: "", in: document)]
        default:
            throw MalformedBody("the body is neither an array of CloudEvents nor an object with 'eventNotifications'")
        }
    }

    /// Signs a sample.
    public func sign(_ sample: inout Sample) {
        sample.setHeader("Content-Type", "application/json")
        sample.setHeader("intuit-signature", keys.sign(body: sample.body[...]).base64)
    }

    /// Replaces the id of each CloudEvent by a fresh UUID, of each legacy entity by fresh digits.
    public func renew(_ sample: inout Sample, serial: Int) {
        sample.replaceValues { document in
            let legacy = QuickBooksNotifications.entities(in: document)
            if !legacy.isEmpty {
                return legacy.enumerated().map { index, entity in
                    (document.member("id", of: entity), "\"\(FreshIdentity.digits(serial: serial, index: index))\"")
                }
            }
            let elements = document.kind(of: .root) == .array ? Array(document.children(of: .root)) : [.root]
            return elements.enumerated().map { index, element in
                (document.member("id", of: element), "\"\(FreshIdentity.uuid(serial: serial, index: index))\"")
            }
        }
    }

    private func cloudEvent(
        _ node: JSONDocument.Node, path: String, in document: JSONDocument
    ) throws(MalformedBody) -> ProviderEvent {
        ProviderEvent(
            key: try document.required("id", of: node, path: path + "id"),
            type: try document.required("type", of: node, path: path + "type"),
            time: document.timestamp(document.member("time", of: node)),
            subject: document.identifier(document.member("intuitentityid", of: node)),
            account: document.identifier(document.member("intuitaccountid", of: node)),
            payload: node)
    }
}
