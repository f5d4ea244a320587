import COpenSSL
import Foundation
import Glibc
import Verifiers

@testable import WebhookGateway

/// What one delivery costs in parts, without sockets and without Redis: `scripts/bench --micro`.
///
/// Takes the body's file; prints one line of JSON a measurement: median and 95th percentile of CPU time a call in
/// nanoseconds, and allocations a call where allocations.c is preloaded.
@main
enum Micro {
    static func main() throws {
        let body = Array(try Data(contentsOf: URL(filePath: CommandLine.arguments[1])))
        let secret = Array("whsec_bench_secret_0123456789abcdef".utf8)
        let now: Int64 = 1_795_250_460
        let delivery = try signed(body, secret, at: now)
        let stripe = try Stripe(ProviderSettings(secrets: [secret]))
        let mapper = Mapper(provider: "stripe", rules: try MappingCatalog().rules(named: "stripe"))

        var document = JSONDocument()
        var data = ByteBuffer(capacity: 4096)
        try measure("read JSON", body.count) { try document.read(body[...]) }
        try measure("normalise: read, split, map", body.count) {
            data.truncate(to: 0)
            let events = try stripe.events(in: delivery, document: &document)
            for event in events { _ = try mapper.map(event, in: document, data: &data) }
        }
        precondition(data.count > 100, "the mapping made nothing")
        let bytes = Data(body)
        try measure("Foundation's JSONSerialization", body.count) {
            guard try JSONSerialization.jsonObject(with: bytes) is [String: Any] else {
                throw CocoaError(.coderInvalidValue)
            }
        }
        try measure("verify", body.count) { _ = try stripe.verify(delivery) }
        let raw = RawHMAC(secret)
        let time = Array("\(now).".utf8)
        try measure("OpenSSL's HMAC alone", body.count) { raw.run(time, body) }
    }

    private static func signed(_ body: [UInt8], _ secret: [UInt8], at time: Int64) throws -> Delivery {
        guard let key = HMACKey(secret) else { throw CocoaError(.coderInvalidValue) }
        let code = key.code(of: Array("\(time).".utf8)[...] + body)
        return Delivery(
            method: "POST", target: Array("/webhooks/stripe".utf8)[...], body: body[...],
            headers: HeaderFields([("Stripe-Signature", "t=\(time),v1=\(code.hex)")]), peer: nil, receivedAt: time)
    }

    private static func measure(_ name: String, _ count: Int, _ body: () throws -> Void) throws {
        let (batches, calls) = (400, 100)
        for _ in 0..<2 * calls { try body() }
        var times: [Double] = []
        let allocated = Allocations.count()
        for _ in 0..<batches {
            let start = processorNanoseconds()
            for _ in 0..<calls { try body() }
            times.append(Double(processorNanoseconds() - start) / Double(calls))
        }
        let allocations = Double(Allocations.count() - allocated) / Double(batches * calls)
        times.sort()
        print(
            #"{"name":"\#(name)","bytes":\#(count),"median_ns":\#(Int(times[batches / 2])),"p95_ns":\#(Int(times[batches * 95 / 100])),"allocations":\#(allocations)}"#
        )
    }

    /// The thread's processor time: what others do on a busy machine is not in it, but for their traces in the caches.
    private static func processorNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// The cheapest use of OpenSSL there is: a keyed context that is restarted.
private struct RawHMAC {
    private let context: OpaquePointer

    init(_ secret: [UInt8]) {
        let name = strdup("SHA256")
        let parameter = strdup("digest")
        let context = EVP_MAC_CTX_new(EVP_MAC_fetch(nil, "HMAC", nil))
        let parameters = [OSSL_PARAM_construct_utf8_string(parameter, name, 0), OSSL_PARAM_construct_end()]
        guard let context, EVP_MAC_init(context, secret, secret.count, parameters) == 1 else {
            preconditionFailure("OpenSSL has no HMAC")
        }
        self.context = context
    }

    func run(_ first: [UInt8], _ second: [UInt8]) {
        var output: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var length = 0
        EVP_MAC_init(context, nil, 0, nil)
        EVP_MAC_update(context, first, first.count)
        EVP_MAC_update(context, second, second.count)
        withUnsafeMutableBytes(of: &output) { bytes in
            _ = EVP_MAC_final(context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &length, bytes.count)
        }
    }
}

/// Counts by bench/micro/allocations.c, when it is preloaded.
private enum Allocations {
    private static let address = Int(bitPattern: dlsym(nil, "allocation_count"))

    static func count() -> UInt64 { UnsafePointer<UInt64>(bitPattern: address)?.pointee ?? 0 }
}
