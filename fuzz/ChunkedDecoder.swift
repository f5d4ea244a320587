@testable import WebhookGateway

/// Chunked bodies from arbitrary bytes: whole and in pieces they must be decoded alike, and what is encoded must come
/// back.
enum ChunkedDecoderTarget: FuzzTarget {
    static func check(_ input: [UInt8]) {
        guard input.count > 1 else { return }
        let bytes = Array(input[1...])
        let stride = Int(input[0]) + 1
        let whole = decode(bytes, stride: bytes.count)
        precondition(whole == decode(bytes, stride: stride), "the result depends on where the bytes are split")
        if case .success(let (body, used)) = whole.result { precondition(body.count <= 4096 && used <= bytes.count) }

        var encoded: [UInt8] = []
        var index = 0
        while index < min(bytes.count, 4096) {
            let end = min(bytes.count, 4096, index + stride)
            ResponseWriter.appendChunk(bytes.span.extracting(index..<end), version: .http11, to: &encoded)
            index = end
        }
        ResponseWriter.appendLastChunk(version: .http11, to: &encoded)
        switch decode(encoded, stride: stride).result {
        case .success(let (body, used)): precondition(body == Array(bytes.prefix(4096)) && used == encoded.count)
        case .failure(let error): preconditionFailure("an encoded body was refused: \(error)")
        }
    }
}

private struct Outcome: Equatable {
    let result: Result<(body: [UInt8], used: Int), ChunkedError>
    let isFinished: Bool

    static func == (left: Outcome, right: Outcome) -> Bool {
        guard left.isFinished == right.isFinished else { return false }
        switch (left.result, right.result) {
        case (.success(let one), .success(let other)): return one == other
        case (.failure(let one), .failure(let other)): return one == other
        case (.success, .failure), (.failure, .success): return false
        }
    }
}

private func decode(_ bytes: [UInt8], stride: Int) -> Outcome {
    var decoder = ChunkedDecoder(maxBodyBytes: 4096)
    var body: [UInt8] = []
    var used = 0
    do throws(ChunkedError) {
        while used < bytes.count, !decoder.isFinished {
            let end = min(bytes.count, used + stride)
            used += try decoder.decode(bytes.span.extracting(used..<end), into: &body)
        }
        return Outcome(result: .success((body, used)), isFinished: decoder.isFinished)
    } catch {
        return Outcome(result: .failure(error), isFinished: false)
    }
}
