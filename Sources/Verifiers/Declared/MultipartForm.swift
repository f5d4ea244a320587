/// Reads `multipart/form-data` (RFC 7578) within bounds; files are told by their name only.
enum MultipartForm {
    /// How long a boundary may be (RFC 2046 §5.1.1).
    private static let maximumBoundaryLength = 70

    /// The form's fields urlencoded, so that one decoder and its limits serve both kinds of form.
    static func encoded(
        _ body: ArraySlice<UInt8>, contentType: ArraySlice<UInt8>
    ) throws(MalformedBody) -> [UInt8] {
        guard let boundary = parameter("boundary", of: contentType), !boundary.isEmpty,
            boundary.count <= maximumBoundaryLength
        else { throw MalformedBody("the media type of the form has no boundary") }
        let delimiter = Array("--".utf8) + boundary
        guard body.starts(with: delimiter) else { throw MalformedBody("the form does not begin with its boundary") }
        var rest = body.dropFirst(delimiter.count)
        let mark = Array("\r\n".utf8) + delimiter
        var output: [UInt8] = []
        var count = 0
        while rest.starts(with: "\r\n".utf8) {
            guard let end = position(of: mark, in: rest.dropFirst(2)) else {
                throw MalformedBody("part \(count + 1) of the form has no end")
            }
            count += 1
            guard count <= FormDecoder.maximumFields else {
                throw MalformedBody("the form has more than \(FormDecoder.maximumFields) parts")
            }
            try append(rest[(rest.startIndex + 2)..<end], number: count, to: &output)
            rest = rest[(end + mark.count)...]
        }
        guard rest.starts(with: "--".utf8) else { throw MalformedBody("the form has no closing boundary") }
        return output
    }

    private static func append(
        _ part: ArraySlice<UInt8>, number: Int, to output: inout [UInt8]
    ) throws(MalformedBody) {
        guard let blank = position(of: Array("\r\n\r\n".utf8), in: part) else {
            throw MalformedBody("part \(number) of the form has no blank line after its head")
        }
        let lines = String(decoding: part[..<blank], as: UTF8.self).split(separator: "\r\n")
        let line = lines.first { $0.lowercased().hasPrefix("content-disposition:") }
        let disposition = Array((line ?? "").utf8)[...]
        guard let name = parameter("name", of: disposition) else {
            throw MalformedBody("part \(number) of the form has no name")
        }
        let file = parameter("filename", of: disposition)
        if !output.isEmpty { output.append(UInt8(ascii: "&")) }
        output += PercentEncoding.encode(name[...])
        output.append(UInt8(ascii: "="))
        output += PercentEncoding.encode(file.map { $0[...] } ?? part[(blank + 4)...])
    }

    /// The value of a parameter (`; name="value"`), its quotes removed.
    private static func parameter(_ name: String, of field: ArraySlice<UInt8>) -> [UInt8]? {
        for part in field.split(separator: UInt8(ascii: ";")).dropFirst() {
            let pair = QueryString.pair(of: part.trimmingWhitespace)
            guard String(decoding: pair.name, as: UTF8.self).lowercased() == name else { continue }
            let value = pair.value.trimmingWhitespace
            let isQuoted = value.count >= 2 && value.first == UInt8(ascii: "\"") && value.last == UInt8(ascii: "\"")
            return Array(isQuoted ? value.dropFirst().dropLast() : value)
        }
        return nil
    }

    /// Where `pattern` begins in `bytes`.
    private static func position(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        var rest = bytes
        while let start = rest.firstIndex(of: pattern[0]) {
            if rest[start...].starts(with: pattern) { return start }
            rest = rest[(start + 1)...]
        }
        return nil
    }
}
