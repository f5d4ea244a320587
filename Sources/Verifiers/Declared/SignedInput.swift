/// Everything that a signed text may be put together from.
struct SignedInput {
    let values: RequestValues
    var body: ArraySlice<UInt8>
    var timestamp: ArraySlice<UInt8> = []
    var id: ArraySlice<UInt8> = []
    /// The configured notification URL.
    var url: [UInt8]
    /// The pairs of the signature header.
    var pairs: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

    /// Hands the parts of a text to `add` one after another; false when the request lacks one.
    func feed(_ text: SignedText, secret: [UInt8] = [], to add: (ArraySlice<UInt8>) -> Void) -> Bool {
        for part in text.parts {
            switch part {
            case .literal(let bytes): add(bytes[...])
            case .body: add(body)
            case .timestamp: add(timestamp)
            case .id: add(id)
            case .url: add(url[...])
            case .requestURL: add(requestURL[...])
            case .decodedRequestURL: add(Self.decodingSome(requestURL)[...])
            case .method: add(Array(values.delivery.method.utf8)[...])
            case .path: add(values.delivery.target.prefix { $0 != UInt8(ascii: "?") })
            case .query: add(values.delivery.target.drop { $0 != UInt8(ascii: "?") }.dropFirst())
            case .value(let place):
                guard let value = values.value(at: place, fields: pairs) else { return false }
                add(value)
            case .secret: add(secret[...])
            case .sortedForm:
                for field in sortedForm {
                    add(field.name[...])
                    add(field.value[...])
                }
            case .crc32: add(Array("\(CRC32.checksum(of: body))".utf8)[...])
            case .sha256: add(Array(SHA256Hash.hex(of: body).utf8)[...])
            }
        }
        return true
    }

    /// The whole text; nil when the request lacks a part of it.
    func bytes(_ text: SignedText, secret: [UInt8] = []) -> [UInt8]? {
        var output: [UInt8] = []
        guard feed(text, secret: secret, to: { output += $0 }) else { return nil }
        return output
    }

    private var sortedForm: [FormDecoder.Field] {
        var delivery = values.delivery
        delivery.body = body
        let fields = (try? BodyContent.form(of: delivery)) ?? []
        // Stable, so that fields of one name keep their order.
        return fields.enumerated().sorted { left, right in
            left.element.name == right.element.name
                ? left.offset < right.offset : left.element.name.lexicographicallyPrecedes(right.element.name)
        }.map(\.element)
    }

    private var requestURL: [UInt8] {
        guard !url.contains(UInt8(ascii: "?")) else { return url }
        return url + values.delivery.target.drop { $0 != UInt8(ascii: "?") }
    }

    /// HubSpot resolves these escapes of a URL and no others (developers.hubspot.com, validating requests).
    static func decodingSome(_ url: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var index = 0
        while index < url.count {
            if url[index] == UInt8(ascii: "%"), url.count - index > 2, let high = Hex.value(url[index + 1]),
                let low = Hex.value(url[index + 2]), ":/?@!$'()*,;".utf8.contains(high << 4 | low)
            {
                output.append(high << 4 | low)
                index += 3
            } else {
                output.append(url[index])
                index += 1
            }
        }
        return output
    }
}
