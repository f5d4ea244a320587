import Verifiers

@testable import WebhookGateway

/// Requests from arbitrary bytes: whole and in pieces they must be read alike, and every range must lie inside them.
enum RequestParserTarget: FuzzTarget {
    static func check(_ input: [UInt8]) {
        // The first byte says where the rest is cut.
        guard input.count > 1 else { return }
        let bytes = Array(input[1...])
        let stride = Int(input[0]) + 1
        checkRanges(bytes)
        let whole = Exchange(bytes, stride: bytes.count)
        let pieces = Exchange(bytes, stride: stride)
        precondition(whole.transcript == pieces.transcript, "the result depends on where the bytes are split")
        if let end = whole.transcript.firstIndex(where: { $0.isRefusal }) {
            precondition(end == whole.transcript.count - 1, "something was read after a refused request")
        }
    }
}

private func checkRanges(_ bytes: [UInt8]) {
    var parser = RequestParser(limits: HTTPLimits())
    guard let head = try? parser.parse(bytes.span) else { return }
    precondition(head.length <= bytes.count && head.length <= HTTPLimits().maxHeaderBytes)
    precondition(!(head.isChunked && head.contentLength != nil))
    var end = head.target.upperBound
    precondition(head.target.contains(head.path.lowerBound) || head.path.isEmpty)
    for field in head.fields {
        precondition(field.name.lowerBound >= end && field.name.upperBound < field.value.lowerBound + 1)
        precondition(!field.name.isEmpty && bytes[field.name].allSatisfy(ASCII.isTokenCharacter))
        precondition(bytes[field.value].allSatisfy(ASCII.isFieldValueCharacter))
        end = field.value.upperBound
    }
    precondition(end < head.length)
}

/// A connection that answers at once, and what was read from it.
private struct Exchange {
    enum Event: Equatable {
        case request([UInt8], body: [UInt8], keepAlive: Bool)
        case refusal(ParseError)

        var isRefusal: Bool {
            if case .refusal = self { return true }
            return false
        }
    }

    var transcript: [Event] = []

    init(_ bytes: [UInt8], stride: Int) {
        var state = ConnectionState(limits: HTTPLimits())
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + stride)
            state.received(bytes[start..<end])
            start = end
            if perform(&state) { return }
            precondition(state.heldBytes <= HTTPLimits().maxHeaderBytes + 2048 + bytes.count)
        }
    }

    private mutating func perform(_ state: inout ConnectionState) -> Bool {
        while true {
            switch state.next() {
            case .needMore, .waiting: return false
            case .head: state.accept(maxBodyBytes: 2048)
            case .sendContinue: break
            case .dispatch(let request):
                let keepAlive = state.connectionOption != .close
                transcript.append(.request(Array(request.bytes), body: Array(request.body), keepAlive: keepAlive))
                precondition(request.body.count <= 2048)
                state.replied()
            case .reject(let error): transcript.append(.refusal(error))
            case .close: return true
            }
        }
    }
}
