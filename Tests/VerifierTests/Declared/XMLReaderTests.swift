import Testing

@testable import Verifiers

@Suite struct XMLReaderTests {
    private func json(_ xml: String) throws -> String {
        String(decoding: try XMLReader.json(of: Array(xml.utf8)[...]), as: UTF8.self)
    }

    @Test(arguments: [
        ("<a/>", #"{"a":""}"#), ("<a>x</a>", #"{"a":"x"}"#),
        ("<?xml version='1.0'?>\n<!-- c --><a> x </a>\n", #"{"a":" x "}"#),
        ("<n:a xmlns:n='u' n:b='1'>x</n:a>", ##"{"a":{"@b":"1","#text":"x"}}"##),
        ("<a><b>1</b><c/><b>2</b></a>", #"{"a":{"b":["1","2"],"c":""}}"#),
        ("<a><b x:nil='true'/></a>", #"{"a":{"b":null}}"#),
        ("<a>&lt;&amp;&#65;&#x2615;&quot;</a>", #"{"a":"<&A☕\""}"#),
        ("<a><![CDATA[<b>&amp;]]></a>", #"{"a":"<b>&amp;"}"#),
    ])
    func `elements become members`(xml: String, expected: String) throws {
        #expect(try json(xml) == expected)
    }

    @Test(arguments: [
        "", "<", "<a>", "<a></b>", "<a/><b/>", "<a b=1/>", "<a>&b;</a>", "<a>&#0;</a>", "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "x", "<a/>x", "<a b='1></a>", "<a><!-- </a>", "<a>&", "<a \u{0}",
    ])
    func `what is no XML, or more than webhooks need, is refused`(xml: String) {
        #expect(throws: MalformedBody.self) { try json(xml) }
    }

    @Test func `depth and number of elements are bounded`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        _ = try json(nested(XMLReader.maximumDepth))
        #expect(throws: MalformedBody.self) { try json(nested(XMLReader.maximumDepth + 1)) }
        #expect(throws: MalformedBody.self) {
            try json("<a>" + String(repeating: "<b/>", count: XMLReader.maximumElements) + "</a>")
        }
    }
}
