import Verifiers

/// Reads `lookup` of a provider's definition.
struct LookupReader {
    let problems: MappingProblems

    private static let keys = [
        "noun", "hint", "service", "target", "headers", "items", "value", "label", "allowPrivateAddresses",
    ]

    func lookup(_ value: JSONValue, at path: String) -> AccountLookup? {
        guard let object = StrictObject(value, at: path, keys: Self.keys, problems) else { return nil }
        guard let service = text("service", in: object, "the API's address, such as https://api.example.com"),
            let target = text("target", in: object, "path and query, with {key} where the key goes"),
            let items = pointer("items", in: object, "the way to the accounts, such as /shops/*"),
            let id = pointer("value", in: object, "the way to an account's id, such as /id"),
            let label = pointer("label", in: object, "the way to an account's name, such as /name")
        else { return nil }
        var lookup = AccountLookup(service: service, target: target, items: items, value: id, label: label)
        lookup.noun = object.text("noun") ?? lookup.noun
        lookup.hint = object.text("hint") ?? ""
        lookup.headers = object.textMembers("headers").map { .init(name: $0.name, value: $0.text) }
        lookup.allowsPrivateAddresses = object.boolean("allowPrivateAddresses")
        if let problem = TextRule.httpURL.problem(service) { problems.add(object.path("service"), problem, "") }
        let places = [target] + lookup.headers.map(\.value)
        if !places.contains(where: { $0.contains(AccountLookup.placeholder) }) {
            problems.add(
                object.path("target"), "does not say where the key goes",
                "write \(AccountLookup.placeholder) there or into one of the headers")
        }
        return lookup
    }

    private func text(_ key: String, in object: StrictObject, _ remedy: String) -> String? {
        if object[key] == nil { problems.add(object.path(key), "is missing", remedy) }
        return object.text(key)
    }

    private func pointer(_ key: String, in object: StrictObject, _ remedy: String) -> JSONPointer? {
        guard let text = text(key, in: object, remedy) else { return nil }
        guard let pointer = JSONPointer(text) else {
            problems.add(object.path(key), "is no JSON pointer", remedy)
            return nil
        }
        return pointer
    }
}
