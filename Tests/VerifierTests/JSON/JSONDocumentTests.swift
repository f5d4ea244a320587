import Testing
import Verifiers

struct JSONDocumentTests {
    @Test(arguments: JSONCases.accepted)
    func `what RFC 8259 allows is read`(_ text: String) throws {
        let document = try parsedJSON(text)
        #expect(String(decoding: document.text(of: .root), as: UTF8.self) == text.trimmingASCIISpace)
    }

    @Test(arguments: JSONCases.refused)
    func `everything else is refused with its place`(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
        #expect(throws: JSONError(reason, at: offset)) { try parsedJSON(text) }
    }

    @Test(arguments: JSONCases.notUTF8)
    func `what is not UTF-8 is refused in values and names`(_ bytes: [UInt8]) {
        let quoted = [UInt8(ascii: "\"")] + bytes + Array("\"".utf8)
        #expect(throws: JSONError.self) { try parsedJSON(quoted) }
        #expect(throws: JSONError.self) { try parsedJSON(Array("{".utf8) + quoted + Array(":1}".utf8)) }
        let late = Array("\"some plain text before ".utf8) + bytes + Array(" and after it\"".utf8)
        #expect(throws: JSONError.self) { try parsedJSON(late) }
    }

    @Test func `every truncation is refused`() {
        let bytes = Array(JSONCases.sample.utf8)
        for count in bytes.indices {
            #expect(throws: JSONError.self, "cut at \(count)") { try parsedJSON(Array(bytes[..<count])) }
        }
    }

    @Test func `a slice is read by its own bounds`() throws {
        let text = Array("garbage{\"a\":\"b\"}garbage".utf8)
        var document = JSONDocument()
        try document.read(text[7..<16])
        #expect(document.string(of: document.member("a")) == "b")
    }

    @Test func `a mutated text is refused or read the same after minifying`() throws {
        var generator = SeededGenerator(seed: 8259)
        let original = Array(JSONCases.sample.utf8)
        let alphabet = Array("{}[]\",:\\u0019eE+-. \n\tntfx\u{0}".utf8) + [0x80, 0xC3, 0xED, 0xF0, 0xFF]
        var accepted = 0
        for _ in 0..<20_000 {
            var text = original
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: text.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: text[place] = alphabet.randomElement(using: &generator) ?? 0
                case 1: text.remove(at: place)
                default: text.insert(alphabet.randomElement(using: &generator) ?? 0, at: place)
                }
            }
            guard let document = try? parsedJSON(text) else { continue }
            accepted += 1
            let minified = document.minified
            let again = try parsedJSON(minified)
            #expect(again.minified == minified)
            #expect(again.nodeCount == document.nodeCount)
            #expect(String(validating: minified, as: UTF8.self) != nil)
        }
        #expect(accepted > 1000)
    }

    @Test func `random bytes are never accepted by accident nor crash`() {
        var generator = SeededGenerator(seed: 1)
        let alphabet = Array("{}[]\",:\\u09truefalsn \n".utf8)
        for _ in 0..<20_000 {
            let bytes = generator.bytes(upTo: 40, alphabet: alphabet)
            guard let document = try? parsedJSON(bytes) else { continue }
            #expect((try? parsedJSON(document.minified))?.nodeCount == document.nodeCount)
        }
    }

    @Test func `a document is null before reading, after an error and after release`() throws {
        var document = JSONDocument()
        #expect(document.kind(of: .root) == .null)
        try document.read(Array("[1]".utf8)[...])
        #expect(document.nodeCount == 2)
        #expect(throws: JSONError.self) { try document.read(Array("[1".utf8)[...]) }
        #expect(document.kind(of: .root) == .null && document.bytes.isEmpty)
        try document.read(Array("[1]".utf8)[...])
        document.release()
        #expect(document.kind(of: .root) == .null && document.bytes.isEmpty && document.nodeCount == 1)
    }

    @Test func `more values than the bound are refused`() throws {
        let fitting = "[" + String(repeating: "0,", count: JSONDocument.maximumNodes - 2) + "0]"
        #expect(try parsedJSON(fitting).nodeCount == JSONDocument.maximumNodes)
        #expect(throws: JSONError(.tooManyValues, at: fitting.utf8.count)) {
            try parsedJSON(fitting.dropLast() + ",0]")
        }
    }

    @Test func `the error is a sentence`() {
        #expect(
            JSONError(.expectedColon, at: 17).description == "not JSON: expected ':' after the member name at byte 17")
    }
}

func parsedJSON(_ text: String) throws -> JSONDocument { try parsedJSON(Array(text.utf8)) }

func parsedJSON(_ bytes: [UInt8]) throws -> JSONDocument {
    var document = JSONDocument()
    try document.read(bytes[...])
    return document
}

extension JSONDocument {
    var minified: [UInt8] {
        var output: [UInt8] = []
        appendMinified(.root, to: &output)
        return output
    }
}

extension String {
    fileprivate var trimmingASCIISpace: String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        let kept = utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return String(decoding: Array(kept), as: UTF8.self)
    }
}
