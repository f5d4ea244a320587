import Verifiers

/// A request that somebody kept: what `verify` judges and `send --request` repeats.
struct CapturedRequest: Sendable {
    var method = "POST"
    /// Path and query.
    var target = "/"
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Who sent it; nil when the capture does not say.
    var peer: IPAddress?
    /// When it arrived, in Unix seconds; nil when the capture does not say.
    var arrival: Int64?

    /// What the capture itself is suspected of; a help where the verdict alone misleads.
    var suspicion: String? {
        guard let field = headers.first(where: { $0.name.lowercased() == "content-length" }),
            let length = Int(field.value), length != body.count
        else { return nil }
        return "the capture holds \(body.count) bytes of body where Content-Length says \(length)"
    }

    /// The request as a verifier sees it.
    func delivery(at now: Int64, from peer: IPAddress?) -> Delivery {
        let target = Array(target.utf8)[...]
        return Delivery(
            method: method, target: target, pathSuffix: Self.suffix(of: target), body: body[...],
            headers: HeaderFields(headers), peer: peer, receivedAt: now)
    }

    /// What of the path follows `/webhooks/<source>/`.
    private static func suffix(of target: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        let parts = path.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: true)
        guard parts.count == 3, parts[0].elementsEqual("webhooks".utf8) else { return [] }
        return parts[2]
    }

    /// Path and query of a URL; a text that begins with a slash is that already.
    static func target(of url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url.hasPrefix("/") ? url : "/\(url)" }
        let rest = url[scheme.upperBound...]
        let start = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        let target = rest[start...].prefix { $0 != "#" }
        return target.hasPrefix("/") ? String(target) : "/\(target)"
    }
}

/// Why a captured request cannot be read.
struct UnreadableCapture: Error, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}

extension CapturedRequest {
    /// A file that is a capture, or else a delivery's body.
    init(deliveredBy bytes: [UInt8]) {
        self.init()
        if bytes.starts(with: "POST ".utf8), case .success(let request)? = CaptureReader.requests(in: bytes).first {
            self = request
        } else {
            body = bytes
        }
    }
}
