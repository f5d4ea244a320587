// The job as a Swift user would put it together: Hummingbird, swift-crypto, Codable, and hiredis.
import Crypto
import Foundation
import HTTPTypes
import Hummingbird

struct StripeEvent: Decodable {
    struct Payload: Decodable { let object: PaymentIntent }
    struct PaymentIntent: Decodable {
        let id, currency, status: String
        let amount: Int
        let customer, receipt_email, description, latest_charge: String?
        let metadata: [String: String]
    }
    let id, type, api_version: String
    let created: Int
    let livemode: Bool
    let data: Payload
}

struct QueuedEvent: Encodable {
    struct Fields: Encodable {
        let event_id, api_version: String
        let created: Int
        let livemode: Bool
        let payment_intent: String
        let amount: Int
        let currency: String
        let customer: String?
        let status: String
        let order_id, email, description, charge: String?
    }
    let id, source, type, dedupe_key: String
    let received_at, attempt: Int
    let route, archive: String
    let content_type: String?
    let request_id: String
    let data: Fields

    init(_ event: StripeEvent, at now: Int, contentType: String?) {
        let object = event.data.object
        id = event.id
        source = "stripe"
        type = event.type
        dedupe_key = "stripe:\(event.id)"
        received_at = now
        attempt = 0
        route = "default"
        archive = "wh:raw:stripe:\(event.id)"
        content_type = contentType
        request_id = UUID().uuidString
        data = Fields(
            event_id: event.id, api_version: event.api_version, created: event.created, livemode: event.livemode,
            payment_intent: object.id, amount: object.amount, currency: object.currency, customer: object.customer,
            status: object.status, order_id: object.metadata["order_id"], email: object.receipt_email,
            description: object.description, charge: object.latest_charge)
    }
}

/// The signature check of Stripe's documentation: HMAC-SHA256 over "t.body".
struct Signature {
    let timestamp: Int
    let prefix: String
    let codes: [[UInt8]]

    init?(_ header: String) {
        var time: Substring?
        var codes: [[UInt8]] = []
        for part in header.split(separator: ",") {
            if part.hasPrefix("t=") { time = part.dropFirst(2) }
            if part.hasPrefix("v1="), let code = Self.bytes(hex: part.dropFirst(3)) { codes.append(code) }
        }
        guard let time, let timestamp = Int(time), !codes.isEmpty else { return nil }
        self.timestamp = timestamp
        self.codes = codes
        prefix = "\(time)."
    }

    func isValid(for body: [UInt8], key: SymmetricKey) -> Bool {
        var hmac = HMAC<SHA256>(key: key)
        hmac.update(data: Array(prefix.utf8))
        hmac.update(data: body)
        let code = hmac.finalize()
        return codes.contains { code == $0 }
    }

    private static func bytes(hex text: Substring) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Character(UnicodeScalar(digits[index])).hexDigitValue,
                let low = Character(UnicodeScalar(digits[index + 1])).hexDigitValue
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}

func environment(_ name: String) -> String {
    guard let value = ProcessInfo.processInfo.environment[name] else { preconditionFailure("\(name) is not set") }
    return value
}

guard let port = Int(environment("PORT")), let redisPort = Int32(environment("REDIS_PORT")),
    let tolerance = Int(environment("WEBHOOK_TOLERANCE"))
else { preconditionFailure("PORT, REDIS_PORT and WEBHOOK_TOLERANCE are numbers") }
let key = SymmetricKey(data: Data(environment("WEBHOOK_SECRET").utf8))
let script = try Data(contentsOf: URL(fileURLWithPath: environment("INGEST_LUA")))
let sha = Insecure.SHA1.hash(data: script).map { String(format: "%02x", $0) }.joined()
let redis = try RedisPipeline(port: redisPort)

func answer(_ status: HTTPResponse.Status, _ text: String) -> Response {
    Response(
        status: status, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(string: text)))
}

let router = Router()
router.post("/webhooks/stripe") { request, _ -> Response in
    let body = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
    let now = Int(Date().timeIntervalSince1970)
    guard let name = HTTPField.Name("stripe-signature"), let header = request.headers[name],
        let signature = Signature(header), abs(now - signature.timestamp) <= tolerance,
        signature.isValid(for: body, key: key)
    else { return answer(.unauthorized, #"{"error":"signature"}"#) }
    guard let event = try? JSONDecoder().decode(StripeEvent.self, from: Data(body)) else {
        return answer(.badRequest, #"{"error":"json"}"#)
    }
    let queued = QueuedEvent(event, at: now, contentType: request.headers[.contentType])
    let stored = await redis.call([
        Array("EVALSHA".utf8), Array(sha.utf8), Array("3".utf8), Array("wh:d:stripe:\(event.id)".utf8),
        Array("wh:q:default".utf8), Array(queued.archive.utf8), Array(try JSONEncoder().encode(queued)), body,
        Array("86400".utf8), Array("604800".utf8),
    ])
    guard let stored else { return answer(.serviceUnavailable, #"{"error":"redis"}"#) }
    return answer(.ok, stored == 1 ? #"{"status":"accepted"}"# : #"{"status":"duplicate"}"#)
}
var application = Application(
    router: router, configuration: .init(address: .hostname("127.0.0.1", port: port), backlog: 4096))
application.logger.logLevel = .error
try await application.runService()
