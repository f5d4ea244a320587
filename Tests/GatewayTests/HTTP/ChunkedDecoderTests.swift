import Testing

@testable import WebhookGateway

@Suite struct ChunkedDecoderTests {
    @Test func `decoding stops at the body's end`() throws {
        var decoder = ChunkedDecoder(maxBodyBytes: 100)
        var body: [UInt8] = []
        let bytes = latin1("3\r\nabc\r\n0\r\n\r\nGET /")
        let used = try decoder.decode(bytes.span, into: &body)
        #expect(used == bytes.count - 5)
        #expect(decoder.isFinished)
        #expect(body == latin1("abc"))
    }

    @Test func `small chunks of an honest sender pass`() throws {
        var decoder = ChunkedDecoder(maxBodyBytes: 1 << 20)
        var body: [UInt8] = []
        let bytes = latin1(String(repeating: "8\r\n12345678\r\n", count: 10000) + "0\r\n\r\n")
        _ = try decoder.decode(bytes.span, into: &body)
        #expect(body.count == 80000)
    }

    @Test func `a limit is met to the byte`() throws {
        for (limit, fits) in [(9, false), (10, true)] {
            var decoder = ChunkedDecoder(maxBodyBytes: limit)
            var body: [UInt8] = []
            let bytes = latin1("5\r\n12345\r\n5\r\n12345\r\n0\r\n\r\n")
            let result = Result { () throws(ChunkedError) in try decoder.decode(bytes.span, into: &body) }
            #expect(fits ? result == .success(bytes.count) : result == .failure(.bodyTooLarge))
        }
    }
}
