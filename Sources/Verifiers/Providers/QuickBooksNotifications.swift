/// The legacy body of QuickBooks: realms, each with a list of changed entities.
///
/// An entity does not hold its realm, and a mapping starts from one node. So the body is rewritten as an array of
/// `{"realmId":…, <the entity's members>}`, one element an event, and `document` then holds that array.
enum QuickBooksNotifications {
    /// Longer realms are refused: each is copied into all its entities, and a body must not grow without bound.
    static let maximumRealmLength = 64

    /// The events of a body that was read into `document`, which is replaced by the rewritten one.
    static func events(in document: inout JSONDocument) throws(MalformedBody) -> [ProviderEvent] {
        let rewritten = try rewrite(document)
        try document.readBody(rewritten[...])
        var events: [ProviderEvent] = []
        for node in document.children(of: .root) {
            do throws(MalformedBody) {
                events.append(try event(node, place: events.count, in: document))
            } catch {
                events.append(ProviderEvent(unreadable: node, of: document, because: error.reason))
            }
        }
        return events
    }

    /// The entities of a legacy body as it came; none when it is no such body.
    static func entities(in document: JSONDocument) -> [JSONDocument.Node] {
        document.children(of: document.member("eventNotifications")).flatMap { notification in
            document.children(of: document.member("entities", of: document.member("dataChangeEvent", of: notification)))
        }
    }

    private static func rewrite(_ document: JSONDocument) throws(MalformedBody) -> [UInt8] {
        guard let list = document.member("eventNotifications"), document.kind(of: list) == .array else {
            throw MalformedBody("the field 'eventNotifications' is not an array")
        }
        var output: [UInt8] = [UInt8(ascii: "[")]
        output.reserveCapacity(2 * document.bytes.count)
        for (index, notification) in document.children(of: list).enumerated() {
            let path = "eventNotifications[\(index)]"
            let realm = try document.required("realmId", of: notification, path: "\(path).realmId")
            guard realm.utf8.count <= maximumRealmLength else {
                throw MalformedBody("the field '\(path).realmId' is longer than \(maximumRealmLength) bytes")
            }
            guard let entities = document.member("entities", of: document.member("dataChangeEvent", of: notification)),
                document.kind(of: entities) == .array
            else { throw MalformedBody("the field '\(path).dataChangeEvent.entities' is not an array") }
            for entity in document.children(of: entities) {
                guard document.kind(of: entity) == .object else {
                    throw MalformedBody("an element of '\(path).dataChangeEvent.entities' is not an object")
                }
                if output.count > 1 { output.append(UInt8(ascii: ",")) }
                write(entity, realm: realm, of: document, to: &output)
            }
        }
        output.append(UInt8(ascii: "]"))
        return output
    }

    private static func write(
        _ entity: JSONDocument.Node, realm: String, of document: JSONDocument, to output: inout [UInt8]
    ) {
        output.append(contentsOf: "{\"realmId\":".utf8)
        JSONWriter.append(realm, to: &output)
        for member in document.children(of: entity) {
            guard let name = document.name(of: member), name != "realmId" else { continue }
            output.append(UInt8(ascii: ","))
            JSONWriter.append(name, to: &output)
            output.append(UInt8(ascii: ":"))
            output.append(contentsOf: document.text(of: member))
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func event(
        _ node: JSONDocument.Node, place: Int, in document: JSONDocument
    ) throws(MalformedBody) -> ProviderEvent {
        func text(_ name: StaticString) throws(MalformedBody) -> String {
            try document.required(name, of: node, path: "\(name) of entity \(place + 1)")
        }
        let realm = try text("realmId")
        let name = try text("name")
        let id = try text("id")
        let operation = try text("operation")
        // Without it two changes of one entity would count as the same event and one be lost.
        let lastUpdated = try text("lastUpdated")
        var key = "\(realm)|\(name)|\(id)|\(operation)|\(lastUpdated)"
        if let deleted = document.identifier(document.member("deletedId", of: node)) { key += "|\(deleted)" }
        return ProviderEvent(
            key: key, type: "\(name).\(operation)",
            time: document.timestamp(document.member("lastUpdated", of: node)), subject: id, account: realm,
            payload: node)
    }
}
