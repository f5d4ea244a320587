import Verifiers

extension EventRecord {
    /// The delivery as it came, as far as it was archived; it was proved authentic when it came.
    ///
    /// - Parameters:
    ///   - metadata: the record's first line, read.
    ///   - receivedAt: when it arrived, in Unix seconds.
    func delivery(to source: String, _ metadata: JSONDocument, receivedAt: Int64) -> Delivery {
        Delivery(
            method: "POST", target: Array("/webhooks/\(source)".utf8)[...], body: body,
            headers: HeaderFields(Self.headers(in: metadata)),
            peer: metadata.string(of: metadata.member("peer")).flatMap { IPAddress($0) }, receivedAt: receivedAt)
    }
}
