/// What a provider's bodies are made of.
public enum BodyContent: Sendable, Equatable {
    /// JSON as it is.
    case json
    /// `application/x-www-form-urlencoded` or `multipart/form-data`, in PHP's bracket notation.
    case form
    /// A form one of whose fields is JSON (Mandrill, GitHub): that field is the document.
    case formField(String)
    /// XML, elements as members without their prefixes (`XMLReader`).
    case xml

    /// The body as JSON, by the first content that fits the media type; without one that fits, by the first.
    static func json(of delivery: Delivery, _ contents: [BodyContent]) throws(MalformedBody) -> ArraySlice<UInt8> {
        let type = delivery.headers.first("content-type") ?? []
        let content = contents.first { $0.fits(type) } ?? contents.first ?? .json
        switch content {
        case .json: return delivery.body
        case .form: return try decoder(of: delivery).json()[...]
        case .formField(let name):
            guard let field = try form(of: delivery).last(where: { $0.name == Array(name.utf8) }) else {
                throw MalformedBody("the form has no field '\(name)'")
            }
            return field.value[...]
        case .xml: return try XMLReader.json(of: delivery.body)[...]
        }
    }

    /// The fields of a form, urlencoded or multipart, in the order of arrival.
    static func form(of delivery: Delivery) throws(MalformedBody) -> [FormDecoder.Field] {
        try decoder(of: delivery).fields
    }

    private static func decoder(of delivery: Delivery) throws(MalformedBody) -> FormDecoder {
        let type = delivery.headers.first("content-type") ?? []
        guard contains(type, "multipart/") else { return try FormDecoder(delivery.body) }
        return try FormDecoder(try MultipartForm.encoded(delivery.body, contentType: type)[...])
    }

    private func fits(_ type: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .json: Self.contains(type, "json")
        case .form, .formField: Self.contains(type, "form")
        case .xml: Self.contains(type, "xml")
        }
    }

    private static func contains(_ type: ArraySlice<UInt8>, _ word: String) -> Bool {
        String(decoding: type.prefix(256), as: UTF8.self).lowercased().contains(word)
    }
}
