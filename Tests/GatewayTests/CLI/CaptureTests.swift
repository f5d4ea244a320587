import Testing
import Verifiers

@testable import WebhookGateway

struct CaptureTests {
    private func single(_ text: String) throws -> CapturedRequest {
        let requests = CaptureReader.requests(in: Array(text.utf8))
        #expect(requests.count == 1)
        return try #require(requests.first).get()
    }

    @Test(arguments: ["\r\n", "\n"])
    func `text with either line end is read`(_ end: String) throws {
        let request = try single(
            [
                "# a comment", "", "post https://h.example/webhooks/mc/key?a=1#x HTTP/1.1", "A: 1", "a:  2 ", "",
                "body\n\nmore",
            ]
            .joined(separator: end))
        #expect(request.method == "POST")
        #expect(request.target == "/webhooks/mc/key?a=1")
        #expect(request.headers.map { "\($0.name)=\($0.value)" } == ["A=1", "a=2"])
        #expect(String(decoding: request.body, as: UTF8.self) == "body\n\nmore")
        let delivery = request.delivery(at: 7, from: nil)
        #expect(delivery.pathSuffix.elementsEqual("key".utf8))
        #expect(delivery.receivedAt == 7)
    }

    @Test func `the line end that an editor adds is not the body's`() throws {
        #expect(try single("POST / HTTP/1.1\nContent-Length: 2\n\n{}\n").body == Array("{}".utf8))
        #expect(try single("POST / HTTP/1.1\nContent-Length: 2\n\n{}\n").suspicion == nil)
        let odd = try single("POST / HTTP/1.1\nContent-Length: 5\n\n{}\n")
        #expect(odd.body == Array("{}\n".utf8))
        #expect(odd.suspicion == "the capture holds 3 bytes of body where Content-Length says 5")
    }

    @Test(arguments: [
        ("hello", "the first line \"hello\" is not a start line such as \"POST /webhooks/stripe HTTP/1.1\""),
        (
            "POST / HTTP/1.1\n{\"a\"}",
            "the header line \"{\\\"a\\\"}\" has no colon; a blank line comes before the body"
        ),
        ("[]", "the first line \"[]\" is not a start line such as \"POST /webhooks/stripe HTTP/1.1\""),
        ("{\"method\":1}", "\"method\" is not a text"),
        ("{", "the line is not JSON: the text ends before the value does at byte 1"),
        ("{\"headers\":[[\"a\"]]}", "\"headers\" holds something else than [name, value]"),
        ("{\"headers\":1}", "\"headers\" is not an array of [name, value]"),
        ("{\"body_base64\":\"%\"}", "\"body_base64\" is not Base64"),
        ("{\"now\":\"x\"}", "\"now\" is not a number of Unix seconds"),
        ("{\"peer_ip\":\"1.2.3\"}", "\"peer_ip\" \"1.2.3\" is not an IP address"),
    ])
    func `what is no request says why`(_ text: String, _ reason: String) {
        #expect(throws: UnreadableCapture(reason)) { try single(text) }
    }

    @Test func `JSON lines are read in order, blank ones skipped`() throws {
        let text = """
            {"method":"GET","url":"https://h/webhooks/mc?x","headers":[["A","1"],["B","2"]],"body_base64":"aGk=","peer_ip":"::1","now":12.9}

            {"headers":{"A":"1"}}
            nonsense
            """
        let requests = CaptureReader.requests(in: Array(text.utf8))
        #expect(requests.count == 3)
        let first = try requests[0].get()
        #expect(first.method == "GET")
        #expect(first.target == "/webhooks/mc?x")
        #expect(first.headers.map(\.name) == ["A", "B"])
        #expect(first.body == Array("hi".utf8))
        #expect(first.peer == IPAddress("::1"))
        #expect(first.arrival == 12)
        #expect(try requests[1].get().headers.map(\.value) == ["1"])
        #expect(throws: UnreadableCapture.self) { try requests[2].get() }
    }

    @Test func `a line that is written can be read again`() throws {
        var request = CapturedRequest()
        request.target = "/webhooks/ü?\"=1"
        request.headers = [("A", "1\t\""), ("a", "")]
        request.body = [0, 255, 10]
        request.arrival = 5
        let requests = CaptureReader.requests(in: JSONCapture.line(request) + JSONCapture.line(request))
        #expect(requests.count == 2)
        let again = try requests[1].get()
        #expect(again.target == request.target)
        #expect(again.headers.map(\.value) == ["1\t\"", ""])
        #expect(again.body == request.body)
        #expect(again.arrival == 5)
    }
}
