import Verifiers

/// Reads places of a request and conditions on them.
struct PlaceReader {
    let problems: MappingProblems

    /// One place, or a list of them in order of preference.
    func places(_ object: StrictObject, _ key: String) -> [Place] {
        object.list(key).compactMap { value, path in
            if case .text(let text) = value, let place = Place(text) { return place }
            problems.add(
                path, "is no place in a request",
                "write \"header:NAME\", \"query:NAME\", \"form:NAME\", \"field:KEY\" (of the signature header) or a JSON "
                    + "pointer such as \"/signature/token\"")
            return nil
        }
    }

    /// An object of places and what must be there: a text, several, true (anything) or false (nothing).
    func conditions(_ object: StrictObject, _ key: String) -> [PlaceCondition] {
        guard let value = object[key] else { return [] }
        guard case .object(let members) = value else {
            problems.add(object.path(key), "expected an object, found \(value.kind)", "as in { \"/type\": \"ping\" }")
            return []
        }
        return members.sorted { $0.key < $1.key }.compactMap { condition($0.key, $0.value, at: object.path(key)) }
    }

    private func condition(_ name: String, _ value: JSONValue, at path: String) -> PlaceCondition? {
        guard let place = Place(name) else {
            problems.add(
                path, "\"\(name)\" is no place in a request", "write \"header:NAME\", \"query:NAME\" or \"/pointer\"")
            return nil
        }
        switch value {
        case .text(let text): return PlaceCondition(place: place, texts: [text])
        case .boolean(let isPresent): return PlaceCondition(place: place, texts: nil, isPresent: isPresent)
        case .array(let values):
            let texts = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
            if texts.count == values.count { return PlaceCondition(place: place, texts: texts) }
        case .null, .integer, .decimal, .object: break
        }
        problems.add("\(path).\(name)", "is no condition", "write a text, a list of texts, true or false")
        return nil
    }
}
