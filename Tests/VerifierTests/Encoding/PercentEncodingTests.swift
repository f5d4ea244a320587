import Testing
import Verifiers

@Suite struct PercentEncodingTests {
    @Test(arguments: [
        ("a%20b+c", "a b c", "a b+c"), ("%C3%A9", "é", "é"), ("100%", "100%", "100%"),
        ("%zz%4", "%zz%4", "%zz%4"),
        ("%%41", "%A", "%A"), ("", "", ""), ("%00", "\0", "\0"),
    ])
    func `escapes are decoded and broken ones stay`(text: String, form: String, path: String) {
        #expect(PercentEncoding.decode(Array(text.utf8)[...], plusIsSpace: true) == Array(form.utf8))
        #expect(PercentEncoding.decode(Array(text.utf8)[...], plusIsSpace: false) == Array(path.utf8))
    }

    @Test func `every byte survives encoding, and only unreserved characters stay as they are`() {
        let bytes = (0...255).map { UInt8($0) }
        let encoded = PercentEncoding.encode(bytes[...])
        #expect(PercentEncoding.decode(encoded[...], plusIsSpace: true) == bytes)
        #expect(
            String(decoding: PercentEncoding.encode(Array("aZ9-._~ +/é".utf8)[...]), as: UTF8.self)
                == "aZ9-._~%20%2B%2F%C3%A9")
    }

    @Test func `a query parameter is found by its decoded name, its value left as it is`() {
        let target = Array("/w/s?a=1&se%63ret=x%2By&secret=z#secret=f".utf8)
        let value = QueryString.value(of: Array("secret".utf8), in: target[...])
        #expect(value.map { String(decoding: $0, as: UTF8.self) } == "x%2By")
        #expect(QueryString.value(of: Array("b".utf8), in: target[...]) == nil)
        #expect(QueryString.value(of: Array("a".utf8), in: Array("/a=1".utf8)[...]) == nil)
        #expect(QueryString.value(of: Array("a".utf8), in: Array("/?a&b".utf8)[...])?.isEmpty == true)
    }

    @Test func `a secret is redacted wherever its name comes`() {
        let target = Array("/w?secret=abc&x=1&sec%72et=d&secret=".utf8)
        let redacted = QueryString.redacting(Array("secret".utf8), in: target[...])
        #expect(String(decoding: redacted, as: UTF8.self) == "/w?secret=•••&x=1&sec%72et=•••&secret=")
    }
}
