/// A body as it may have been before a proxy, a framework or a test tool re-encoded it.
struct BodyVariant {
    /// How it differs from the body received, to follow "the signature fits it …".
    let description: String
    let body: [UInt8]

    /// Every form worth trying, those that change least first; none equals the body received.
    static func all(of body: ArraySlice<UInt8>) -> [BodyVariant] {
        let received = Array(body)
        let variants = lineEnds(received) + encodings(received) + layouts(received)
        return variants.filter { $0.body != received }
    }

    private static func lineEnds(_ body: [UInt8]) -> [BodyVariant] {
        let newline: (UInt8) -> Bool = { $0 == 0x0A || $0 == 0x0D }
        let trimmed = Array(body[..<((body.lastIndex { !newline($0) } ?? -1) + 1)])
        return [
            BodyVariant(description: "without the line end at its end", body: trimmed),
            BodyVariant(description: "with a line feed at its end", body: body + [0x0A]),
            BodyVariant(description: "with CR LF at its end", body: body + [0x0D, 0x0A]),
            BodyVariant(description: "without the white space around it", body: Array(body[...].trimmingWhitespace)),
            BodyVariant(
                description: "with CR LF turned into LF", body: replacing([0x0D, 0x0A], with: [0x0A], in: body)),
            BodyVariant(
                description: "with LF turned into CR LF",
                body: replacing([0x0A], with: [0x0D, 0x0A], in: replacing([0x0D, 0x0A], with: [0x0A], in: body))),
            BodyVariant(description: "when it is empty", body: []),
        ]
    }

    private static func encodings(_ body: [UInt8]) -> [BodyVariant] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var variants = [BodyVariant(description: "with a UTF-8 byte order mark before it", body: mark + body)]
        if body.starts(with: mark) {
            variants.append(
                BodyVariant(description: "without the UTF-8 byte order mark before it", body: Array(body.dropFirst(3))))
        }
        if let latin = latin1(body) {
            variants.append(
                BodyVariant(description: "in ISO 8859-1 where it is now UTF-8 (a charset conversion)", body: latin))
        }
        if String(validating: body, as: UTF8.self) == nil {
            let utf8 = body.flatMap { Array(String(Unicode.Scalar($0)).utf8) }
            variants.append(
                BodyVariant(description: "in UTF-8 where it is now ISO 8859-1 (a charset conversion)", body: utf8))
        }
        if let text = Base64.decode(body[...]) {
            variants.append(BodyVariant(description: "before it was base64-encoded", body: text))
        }
        return variants
    }

    /// The same JSON in the usual layouts, each with the usual ways to write slashes and other scripts.
    private static func layouts(_ body: [UInt8]) -> [BodyVariant] {
        var document = JSONDocument()
        do {
            try document.read(body[...])
        } catch {
            // Not JSON, so no JSON layout of it.
            return []
        }
        var layouts = [(description: "as it is", body: body)]
        for layout in JSONLayout.all {
            var output: [UInt8] = []
            layout.append(.root, of: document, to: &output)
            layouts.append(("as \(layout.description)", output))
            layouts.append(("as \(layout.description) with a line feed at its end", output + [0x0A]))
            layouts.append(("as \(layout.description) with CR LF at its end", output + [0x0D, 0x0A]))
        }
        return layouts.flatMap { layout in
            [BodyVariant(description: layout.description, body: layout.body)]
                + JSONText.spellings(of: layout.body).map {
                    BodyVariant(description: "\(layout.description) \($0.description)", body: $0.text)
                }
        }
    }

    /// The body in ISO 8859-1; nil when it is plain ASCII, not UTF-8, or holds other characters.
    private static func latin1(_ body: [UInt8]) -> [UInt8]? {
        guard body.contains(where: { $0 >= 0x80 }), let text = String(validating: body, as: UTF8.self) else {
            return nil
        }
        var result: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            result.append(byte)
        }
        return result
    }

    static func replacing(_ pattern: [UInt8], with replacement: [UInt8], in body: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(body.count)
        var index = 0
        while index < body.count {
            if body[index...].starts(with: pattern) {
                result.append(contentsOf: replacement)
                index += pattern.count
            } else {
                result.append(body[index])
                index += 1
            }
        }
        return result
    }
}
