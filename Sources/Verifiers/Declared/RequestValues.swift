/// Looks up values of one delivery; the body is decoded when it is first asked for, and at most once.
///
/// Before the signature has been checked the body is a stranger's: forms and JSON are read within their usual bounds,
/// and what cannot be read has no values.
final class RequestValues {
    let delivery: Delivery
    private let contents: [BodyContent]
    private var document: JSONDocument?
    private var form: [FormDecoder.Field]?

    init(_ delivery: Delivery, contents: [BodyContent]) {
        self.delivery = delivery
        self.contents = contents
    }

    /// The text at a place; nil when there is none. `fields` are the pairs of the signature header.
    func value(
        at place: Place, fields: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
    ) -> ArraySlice<UInt8>? {
        switch place {
        case .header(let name): return delivery.headers.first(named: name)
        case .query(let name):
            return QueryString.value(of: Array(name.utf8), in: delivery.target).map {
                PercentEncoding.decode($0, plusIsSpace: true)[...]
            }
        case .form(let name):
            let wanted = Array(name.utf8)
            return formFields().last { $0.name == wanted }?.value[...]
        case .body(let pointer):
            let document = jsonBody()
            guard let node = pointer.resolve(in: document, from: .root) else { return nil }
            return document.plainText(of: node)
        case .field(let name): return fields.first { $0.key.elementsEqual(name.utf8) }?.value
        }
    }

    /// The first of several places that has a text that is not empty.
    func first(
        of places: [Place], fields: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
    ) -> ArraySlice<UInt8>? {
        for place in places {
            if let value = value(at: place, fields: fields), !value.isEmpty { return value }
        }
        return nil
    }

    /// The form's fields in the order of arrival; none when the body is no form.
    func formFields() -> [FormDecoder.Field] {
        if let form { return form }
        let fields = (try? BodyContent.form(of: delivery)) ?? []
        form = fields
        return fields
    }

    private func jsonBody() -> JSONDocument {
        if let document { return document }
        var read = JSONDocument()
        if let json = try? BodyContent.json(of: delivery, contents) { try? read.read(json) }
        document = read
        return read
    }
}

extension HeaderFields {
    /// The first value of a field whose name is known at run time only; ASCII case does not matter (RFC 9110 §5.1).
    func first(named name: String) -> ArraySlice<UInt8>? {
        let wanted = Array(name.utf8)
        for field in fields where field.name.count == wanted.count {
            let written = bytes[field.name]
            if zip(written, wanted).allSatisfy({ Self.lowercased($0) == Self.lowercased($1) }) {
                return bytes[field.value]
            }
        }
        return nil
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}

extension JSONDocument {
    /// A string's value, else a number's or boolean's spelling; nil for null, objects and arrays.
    func plainText(of node: Node) -> ArraySlice<UInt8>? {
        switch kind(of: node) {
        case .string:
            var decoded: [UInt8] = []
            appendDecoded(node, to: &decoded)
            return decoded[...]
        case .number, .boolean: return text(of: node)
        case .null, .object, .array: return nil
        }
    }
}
