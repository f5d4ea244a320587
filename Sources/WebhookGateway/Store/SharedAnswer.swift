import Verifiers

/// What a tenant is told of a request that carried other tenants' events, too: that it failed and how, in no words of the
/// answer, which may quote any of them.
enum SharedAnswer {
    /// Stands for the reason.
    static func reason(category: String, status: Int?) -> String {
        let answer = status.map { "HTTP \($0)" } ?? "a failure"
        return
            "the destination answered \(answer) (\(category)) to a request with events of other tenants; its words are not for one of them"
    }

    /// The record of an attempt without the answer, and with a reason of the gateway's own.
    static func concealed(_ attempt: [UInt8]) -> [UInt8] {
        var document = JSONDocument()
        guard (try? document.read(attempt[...])) != nil, document.member("events") != nil,
            document.integer(of: document.member("tenants")) != 1
        else { return attempt }
        var line = JSONLine()
        for member in document.children(of: .root) {
            guard let name = document.name(of: member), name != "answer" else { continue }
            if name == "reason" {
                let category = document.string(of: document.member("category")) ?? FailureCategory.unknown.rawValue
                let status = document.integer(of: document.member("status")).map { Int($0) }
                line.add(name, reason(category: category, status: status))
            } else {
                line.add(name, json: Array(document.text(of: member)))
            }
        }
        return line.json
    }
}

extension EventDetail {
    /// As one tenant may see it.
    var withoutSharedAnswers: EventDetail {
        var state = state
        for (key, value) in self.state where key.hasPrefix("shared:") && value == "1" {
            let name = key.dropFirst(7)
            state["reason:\(name)"] = SharedAnswer.reason(
                category: state["category:\(name)"] ?? FailureCategory.unknown.rawValue,
                status: state["status:\(name)"].flatMap { Int($0) })
        }
        return EventDetail(id: id, record: record, state: state, attempts: attempts.map(SharedAnswer.concealed))
    }
}
