import Verifiers

/// What `send` sends: a value, from which each sending thread makes its own signer.
struct DeliveryPlan: Sendable {
    enum Content: Sendable {
        /// One delivery, signed afresh each time.
        case sample(Sample)
        /// Deliveries as they were captured, one after another.
        case captures([CapturedRequest])
    }

    var source: SourceConfiguration
    var content: Content
    var count: Int
    /// Whether each delivery gets new ids, so that none is a duplicate.
    var renews: Bool
    /// Whether each delivery is spoilt after it was signed.
    var tampers: Bool
}

/// Makes the deliveries of a plan on one thread, which its provider's keys belong to.
struct DeliverySigner {
    private let plan: DeliveryPlan
    private let provider: any Provider

    init(_ plan: DeliveryPlan) throws(InvalidSettings) {
        self.plan = plan
        provider = try RequestVerifier.provider(of: plan.source)
    }

    /// The delivery with that number, from 0.
    func request(_ number: Int, now: Int64) -> CapturedRequest {
        switch plan.content {
        case .captures(let requests):
            return requests[number % requests.count]
        case .sample(var sample):
            sample.now = now
            if plan.renews { provider.renew(&sample, serial: number) }
            provider.sign(&sample)
            var request = CapturedRequest(
                method: sample.method, target: sample.target, headers: sample.headers, body: sample.body, arrival: now)
            if plan.tampers { tamper(with: &request, now: now) }
            return request
        }
    }

    /// Flips a bit of the body; where nobody signs the body, one of what stands for a signature in the URL.
    private func tamper(with request: inout CapturedRequest, now: Int64) {
        let sender = plan.source.allowedAddresses?.first?.address
        if request.body.isEmpty { request.body = [0] }
        request.body[request.body.count / 2] ^= 1
        guard (try? provider.verify(request.delivery(at: now, from: sender))) != nil, let last = request.target.last
        else { return }
        request.target.removeLast()
        request.target.append(last == "0" ? "1" : "0")
    }
}

extension CapturedRequest {
    /// The request's bytes for the wire; the fields that belong to the connection are made anew.
    func wire(host: HostAndPort) -> [UInt8] {
        let ownFields: Set = ["host", "content-length", "connection", "transfer-encoding", "expect", "keep-alive"]
        var text = "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\nContent-Length: \(body.count)\r\n"
        for header in headers where !ownFields.contains(header.name.lowercased()) {
            text += "\(header.name): \(header.value)\r\n"
        }
        return Array("\(text)\r\n".utf8) + body
    }
}
