import Verifiers

/// One attempt as it is kept with the event: `{"time","destination","attempt","status","milliseconds","category",
/// "reason","unverifiable","events","tenants","request","answer"}`; what is not known is left out. `"unverifiable":true` stands
/// where the event counts as delivered and the destination's answer proves nothing; `events` where the request carried
/// several, and `tenants` how many tenants they belong to.
enum AttemptRecord {
    /// Destinations cut and clean their answers; this only bounds what a careless one could store.
    private static let longestAnswer = 2048

    static func json(
        destination: String, attempt: Int, milliseconds: Int64, outcome: DeliveryOutcome, result: AttemptResult,
        tenants: Int = 1
    ) -> [UInt8] {
        var output: [UInt8] = []
        output.append(contentsOf: #"{"time":"#.utf8)
        JSONWriter.append(DeadEntry.now(), to: &output)
        append("destination", destination, to: &output)
        append("attempt", Int64(attempt), to: &output)
        if let status = result.status { append("status", Int64(status), to: &output) }
        append("milliseconds", milliseconds, to: &output)
        switch outcome {
        case .delivered:
            if result.isUnverifiable {
                appendName("unverifiable", to: &output)
                JSONWriter.append(true, to: &output)
            }
        case .retry(let category, let reason, _), .dead(let category, let reason):
            append("category", category.rawValue, to: &output)
            append("reason", reason, to: &output)
        }
        if result.outcomes.count > 1 {
            append("events", Int64(result.outcomes.count), to: &output)
            append("tenants", Int64(tenants), to: &output)
        }
        if let request = result.request { append("request", request, to: &output) }
        if let answer = result.answer {
            append("answer", String(decoding: answer.utf8.prefix(longestAnswer), as: UTF8.self), to: &output)
        }
        output.append(UInt8(ascii: "}"))
        return output
    }

    private static func append(_ name: StaticString, _ value: String, to output: inout [UInt8]) {
        appendName(name, to: &output)
        JSONWriter.append(value, to: &output)
    }

    private static func append(_ name: StaticString, _ value: Int64, to output: inout [UInt8]) {
        appendName(name, to: &output)
        JSONWriter.append(value, to: &output)
    }

    private static func appendName(_ name: StaticString, to output: inout [UInt8]) {
        output.append(UInt8(ascii: ","))
        JSONWriter.append(name, to: &output)
        output.append(UInt8(ascii: ":"))
    }
}
