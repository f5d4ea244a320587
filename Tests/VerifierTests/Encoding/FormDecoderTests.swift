import Testing
import Verifiers

@Suite struct FormDecoderTests {
    private func json(_ text: String) throws -> String {
        String(decoding: try FormDecoder(Array(text.utf8)[...]).json(), as: UTF8.self)
    }

    private func refusal(_ text: String) -> String? {
        do {
            _ = try FormDecoder(Array(text.utf8)[...]).json()
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(arguments: [
        ("", "{}"),
        ("a=1", #"{"a":"1"}"#),
        ("a=1&b=", #"{"a":"1","b":""}"#),
        ("a", #"{"a":""}"#),
        ("a=b=c", #"{"a":"b=c"}"#),
        ("&&a=1&", #"{"a":"1"}"#),
        ("a=x+y%2B", #"{"a":"x y+"}"#),
        ("a[b]=1&a%5Bc%5D=2", #"{"a":{"b":"1","c":"2"}}"#),
        ("a[]=x&a[]=y", #"{"a":["x","y"]}"#),
        ("a[0]=x&a[1]=y", #"{"a":["x","y"]}"#),
        ("a[1]=y&a[0]=x", #"{"a":["x","y"]}"#),
        ("a[1]=y", #"{"a":{"1":"y"}}"#),
        ("a[00]=y", #"{"a":{"00":"y"}}"#),
        ("a[5]=x&a[]=y", #"{"a":{"5":"x","6":"y"}}"#),
        ("a[0][n]=x&a[1][n]=y", #"{"a":[{"n":"x"},{"n":"y"}]}"#),
        (
            "d[m][G][0][name]=x&d[m][G][0][groups]=a%2Cb",
            #"{"d":{"m":{"G":[{"name":"x","groups":"a,b"}]}}}"#
        ),
        ("0=x", #"{"0":"x"}"#),
        ("a=1&a=2", #"{"a":"2"}"#),
        ("a[b=1", #"{"a[b":"1"}"#),
        ("[a]=1", #"{"[a]":"1"}"#),
        ("a[b]c=1", #"{"a[b]c":"1"}"#),
        ("a]=1", #"{"a]":"1"}"#),
        ("=1", #"{"":"1"}"#),
        ("a=%22%5C%0A%00", #"{"a":"\"\\\n\u0000"}"#),
        ("a=%C3%A9", #"{"a":"é"}"#),
    ])
    func `brackets nest as in PHP`(form: String, expected: String) throws {
        #expect(try json(form) == expected)
    }

    @Test(arguments: ["a=1&a[b]=2", "a[b]=2&a=1", "a[b]=1&a[b][c]=2", "a[]=1&a[0][x]=2"])
    func `a name that is value and group at once is refused`(form: String) throws {
        let reason = try #require(refusal(form))
        #expect(reason.contains("both a value and a group"))
    }

    @Test func `appending after a huge index loses nothing`() throws {
        #expect(try json("a[9999]=x&a[]=y&a[]=z") == #"{"a":{"9999":"x","10000":"y","10001":"z"}}"#)
    }

    @Test func `the bounds hold`() throws {
        let many = (0..<FormDecoder.maximumFields).map { "a\($0)=1" }.joined(separator: "&")
        #expect(refusal(many) == nil)
        #expect(try #require(refusal(many + "&b=1")).contains("more than 2000 fields"))
        #expect(refusal("a" + String(repeating: "[x]", count: 7) + "=1") == nil)
        #expect(
            try #require(refusal("a" + String(repeating: "[x]", count: 8) + "=1")).contains(
                "deeper than 8"))
        #expect(refusal(String(repeating: "a", count: 512) + "=1") == nil)
        #expect(
            try #require(refusal(String(repeating: "a", count: 513) + "=1")).contains("longer than 512"))
        #expect(try #require(refusal("a=%FF")).contains("not UTF-8"))
        #expect(try #require(refusal("%FF=a")).contains("not UTF-8"))
    }

    @Test func `the canonical form does not depend on order or encoding`() throws {
        let first = try FormDecoder(Array("b=2&a%5Bx%5D=1+1".utf8)[...])
        let second = try FormDecoder(Array("a[x]=1%201&b=2".utf8)[...])
        #expect(first.canonicalForm == second.canonicalForm)
        #expect(first.sortedFields.map(\.value) == [Array("1 1".utf8), Array("2".utf8)])
    }

    @Test(arguments: [
        ("a=1&b=2", "a=1%26b%3D2"), ("a=1&b=", "a=1b"), ("a=&b=", "a=&b=&b="), ("ab=c", "a=bc"),
    ])
    func `the canonical form tells different fields apart`(first: String, second: String) throws {
        let left = try FormDecoder(Array(first.utf8)[...])
        let right = try FormDecoder(Array(second.utf8)[...])
        #expect(left.canonicalForm != right.canonicalForm)
    }
}
