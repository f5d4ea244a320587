/// Reads the XML that webhooks are made of (SOAP) into JSON, within bounds: elements, attributes, text, the five named
/// entities and character references. A document type is refused, and with it every other entity.
///
/// An element becomes a member under its local name: a text, or an object of its attributes (`@name`, local too) and
/// elements; elements of one name under one parent become an array, `xsi:nil="true"` becomes null. An element that has
/// both attributes and text keeps the text under `#text`.
struct XMLReader {
    /// How deep elements may nest.
    static let maximumDepth = 64
    /// How many elements a document may have.
    static let maximumElements = 50_000

    private struct Element {
        var name: [UInt8]
        var attributes: [(name: [UInt8], value: [UInt8])] = []
        var text: [UInt8] = []
        var children: [Element] = []
        var isNull = false
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var count = 0

    /// The document as JSON: an object with the root element as its one member.
    static func json(of body: ArraySlice<UInt8>) throws(MalformedBody) -> [UInt8] {
        guard String(validating: body, as: UTF8.self) != nil else { throw MalformedBody("the XML is not UTF-8") }
        var reader = XMLReader(bytes: body, position: body.startIndex)
        let root = try reader.document()
        var output: [UInt8] = [UInt8(ascii: "{")]
        JSONWriter.append(root.name[...], to: &output)
        output.append(UInt8(ascii: ":"))
        write(root, to: &output)
        output.append(UInt8(ascii: "}"))
        return output
    }

    private init(bytes: ArraySlice<UInt8>, position: Int) {
        self.bytes = bytes
        self.position = position
    }

    private mutating func document() throws(MalformedBody) -> Element {
        if bytes[position...].starts(with: [0xEF, 0xBB, 0xBF]) { position += 3 }
        try skipMisc()
        let root = try element(depth: 1)
        try skipMisc()
        guard position == bytes.endIndex else { throw problem("something follows the root element") }
        return root
    }

    /// Skips white space, comments, and processing instructions with the XML declaration.
    private mutating func skipMisc() throws(MalformedBody) {
        while true {
            skipSpace()
            if skip("<!--") {
                try skipPast("-->")
            } else if skip("<?") {
                try skipPast("?>")
            } else if bytes[position...].starts(with: "<!".utf8) {
                throw problem("a document type is not accepted")
            } else {
                return
            }
        }
    }

    private mutating func element(depth: Int) throws(MalformedBody) -> Element {
        guard depth <= Self.maximumDepth else { throw problem("elements nest more than \(Self.maximumDepth) deep") }
        count += 1
        guard count <= Self.maximumElements else {
            throw problem("there are more than \(Self.maximumElements) elements")
        }
        guard skip("<") else { throw problem("an element is expected") }
        let qualified = try name()
        var element = Element(name: Self.local(qualified))
        while true {
            skipSpace()
            if skip("/>") { return element }
            if skip(">") { break }
            try attribute(of: &element)
        }
        while !skip("</") {
            guard position < bytes.endIndex else { throw problem("an element has no end") }
            if skip("<!--") {
                try skipPast("-->")
            } else if skip("<![CDATA[") {
                let start = position
                try skipPast("]]>")
                element.text += bytes[start..<(position - 3)]
            } else if skip("<?") {
                try skipPast("?>")
            } else if bytes[position] == UInt8(ascii: "<") {
                element.children.append(try self.element(depth: depth + 1))
            } else {
                let start = position
                position = bytes[start...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.endIndex
                element.text += try decoded(bytes[start..<position])
            }
        }
        guard try name() == qualified else { throw problem("an element ends under another name") }
        skipSpace()
        guard skip(">") else { throw problem("'>' is expected") }
        return element
    }

    private mutating func attribute(of element: inout Element) throws(MalformedBody) {
        let qualified = try name()
        skipSpace()
        guard skip("=") else { throw problem("'=' is expected after an attribute's name") }
        skipSpace()
        guard position < bytes.endIndex, [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(bytes[position]),
            let end = bytes[(position + 1)...].firstIndex(of: bytes[position])
        else { throw problem("an attribute's value is not in quotes") }
        let value = try decoded(bytes[(position + 1)..<end])
        position = end + 1
        // Declarations of namespaces say nothing of the message.
        if qualified.starts(with: "xmlns".utf8) { return }
        let local = Self.local(qualified)
        if local == Array("nil".utf8) {
            element.isNull = value == Array("true".utf8) || value == Array("1".utf8)
        } else {
            element.attributes.append((local, value))
        }
    }

    private mutating func name() throws(MalformedBody) -> [UInt8] {
        let start = position
        while position < bytes.endIndex, !Self.endsName(bytes[position]) { position += 1 }
        guard position > start, position - start <= 256 else { throw problem("a name is expected") }
        return Array(bytes[start..<position])
    }

    private static func endsName(_ byte: UInt8) -> Bool {
        byte <= 0x20 || "<>/=\"'&".utf8.contains(byte)
    }

    private static func local(_ name: [UInt8]) -> [UInt8] {
        guard let colon = name.lastIndex(of: UInt8(ascii: ":")), colon + 1 < name.count else { return name }
        return Array(name[(colon + 1)...])
    }

    private func decoded(_ text: ArraySlice<UInt8>) throws(MalformedBody) -> [UInt8] {
        guard text.contains(UInt8(ascii: "&")) else { return Array(text) }
        var output: [UInt8] = []
        var rest = text
        while let mark = rest.firstIndex(of: UInt8(ascii: "&")) {
            output += rest[..<mark]
            guard let end = rest[mark...].prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let character = Self.character(String(decoding: rest[(mark + 1)..<end], as: UTF8.self))
            else { throw problem("an entity is not known") }
            output += Array(String(character).utf8)
            rest = rest[(end + 1)...]
        }
        return output + rest
    }

    private static func character(_ reference: String) -> Unicode.Scalar? {
        switch reference {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        guard reference.hasPrefix("#") else { return nil }
        let digits = reference.dropFirst()
        let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return number.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
    }

    private mutating func skipSpace() {
        while position < bytes.endIndex, bytes[position] <= 0x20 { position += 1 }
    }

    private mutating func skip(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    private mutating func skipPast(_ text: String) throws(MalformedBody) {
        while position < bytes.endIndex {
            if skip(text) { return }
            position += 1
        }
        throw problem("'\(text)' is missing")
    }

    private func problem(_ reason: String) -> MalformedBody {
        MalformedBody("not XML: \(reason) at byte \(position - bytes.startIndex)")
    }

    private static func write(_ element: Element, to output: inout [UInt8]) {
        if element.isNull { return output.append(contentsOf: "null".utf8) }
        if element.children.isEmpty, element.attributes.isEmpty {
            return JSONWriter.append(element.text[...], to: &output)
        }
        output.append(UInt8(ascii: "{"))
        var isFirst = true
        func member(_ name: [UInt8]) {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            JSONWriter.append(name[...], to: &output)
            output.append(UInt8(ascii: ":"))
        }
        for attribute in element.attributes {
            member([UInt8(ascii: "@")] + attribute.name)
            JSONWriter.append(attribute.value[...], to: &output)
        }
        if element.children.isEmpty {
            member(Array("#text".utf8))
            JSONWriter.append(element.text[...], to: &output)
        }
        var places: [[UInt8]: [Int]] = [:]
        for (place, child) in element.children.enumerated() { places[child.name, default: []].append(place) }
        for (place, child) in element.children.enumerated() {
            guard let all = places[child.name], all[0] == place else { continue }
            member(child.name)
            if all.count == 1 {
                write(child, to: &output)
            } else {
                output.append(UInt8(ascii: "["))
                for (index, place) in all.enumerated() {
                    if index > 0 { output.append(UInt8(ascii: ",")) }
                    write(element.children[place], to: &output)
                }
                output.append(UInt8(ascii: "]"))
            }
        }
        output.append(UInt8(ascii: "}"))
    }
}
