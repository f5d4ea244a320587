import Verifiers

@testable import WebhookGateway

/// Answers from arbitrary bytes: whole and in pieces they must be read alike.
enum ResponseParserTarget: FuzzTarget {
    static func check(_ input: [UInt8]) {
        // The first byte says where the rest is cut; its lowest bit, whether the request was HEAD.
        guard input.count > 1 else { return }
        let bytes = Array(input[1...])
        let isHead = input[0] & 1 == 1
        let whole = read(bytes, stride: bytes.count, isHead: isHead)
        precondition(whole == read(bytes, stride: Int(input[0]) + 1, isHead: isHead), "the result depends on the split")
    }
}

private struct Answer: Equatable {
    let status: HTTPStatus
    let fields: [[UInt8]]
    let body: [UInt8]
    let isTruncated: Bool
}

private func read(_ bytes: [UInt8], stride: Int, isHead: Bool) -> Result<Answer, ResponseError> {
    var parser = ResponseParser(isHead: isHead, maxBodyBytes: 1024)
    var start = 0
    do throws(ResponseError) {
        while start < bytes.count {
            let end = min(bytes.count, start + stride)
            if let response = try parser.received(bytes.span.extracting(start..<end)) {
                return .success(answer(response))
            }
            start = end
        }
        return .success(answer(try parser.receivedEnd()))
    } catch {
        return .failure(error)
    }
}

private func answer(_ response: ClientResponse) -> Answer {
    precondition(response.body.count <= 1024)
    let fields = response.headers.fields.map {
        Array(response.headers.bytes[$0.name] + response.headers.bytes[$0.value])
    }
    return Answer(
        status: response.status, fields: fields, body: response.body, isTruncated: response.isTruncated)
}
