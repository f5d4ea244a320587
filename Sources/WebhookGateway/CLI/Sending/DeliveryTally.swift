import Verifiers

/// What the gateway answered to the deliveries sent so far.
struct DeliveryTally: Sendable, Equatable {
    /// One delivery's answer, for runs that are short enough to show each.
    struct Answer: Sendable, Equatable {
        var number: Int
        /// Nil: no answer came, and `body` says why.
        var status: Int?
        var body: String

        var isAccepted: Bool { status.map { (200..<300).contains($0) } ?? false }
    }

    private(set) var sent = 0
    /// Deliveries answered 2xx.
    private(set) var accepted = 0
    /// Events in them, and how many of those had come before.
    private(set) var events = 0
    private(set) var duplicates = 0
    /// Deliveries kept for a person, and deliveries kept on disk.
    private(set) var quarantined = 0
    private(set) var spooled = 0
    /// Deliveries answered otherwise, by status.
    private(set) var refused: [Int: Int] = [:]
    private(set) var failed = 0
    private(set) var firstFailure: String?
    /// All answers of a short run; of a long one the first that were no acceptance.
    private(set) var answers: [Answer] = []
    private let keepsAll: Bool

    /// How many answers of a long run are kept.
    private static let examples = 3

    init(keepingAll keepsAll: Bool) { self.keepsAll = keepsAll }

    /// Counts an answer.
    mutating func add(_ response: ClientResponse, number: Int) {
        sent += 1
        let answer = Answer(
            number: number, status: Int(response.status.code), body: String(decoding: response.body, as: UTF8.self))
        keep(answer)
        guard answer.isAccepted else {
            refused[Int(response.status.code), default: 0] += 1
            return
        }
        accepted += 1
        var document = JSONDocument()
        do throws(JSONError) {
            try document.read(response.body[...])
        } catch {
            // Not a gateway's answer: accepted all the same, and nothing more is known of it.
            return
        }
        if document.boolean(of: document.member("quarantined")) == true { quarantined += 1 }
        if document.boolean(of: document.member("spooled")) == true { spooled += 1 }
        for event in document.children(of: document.member("events")) {
            events += 1
            if document.boolean(of: document.member("duplicate", of: event)) == true { duplicates += 1 }
        }
    }

    /// Counts a delivery without an answer.
    mutating func add(_ failure: GatewayConnection.Failure, number: Int) {
        sent += 1
        failed += 1
        firstFailure = firstFailure ?? failure.description
        keep(Answer(number: number, status: nil, body: failure.description))
    }

    private mutating func keep(_ answer: Answer) {
        if keepsAll || answers.count < Self.examples && !answer.isAccepted { answers.append(answer) }
    }
}

extension DeliveryTally {
    /// One line for a person.
    func summary(seconds: Double) -> String {
        var parts = ["\(accepted) accepted (\(events) \(events == 1 ? "event" : "events"), \(duplicates) duplicate)"]
        if quarantined > 0 { parts.append("\(quarantined) quarantined") }
        if spooled > 0 { parts.append("\(spooled) spooled") }
        parts += refused.sorted { $0.key < $1.key }.map { "\($0.value) refused with \($0.key)" }
        if failed > 0 { parts.append("\(failed) without an answer") }
        let pace = sent > 1 ? ", \(Int(rate(seconds))) a second" : ""
        return "\(sent) sent in \(Self.rounded(seconds)) s\(pace): \(parts.joined(separator: ", "))"
    }

    /// The summary as one JSON object, with the answers that were kept.
    func json(seconds: Double) -> String {
        var members: [String] = [
            "\"sent\":\(sent)", "\"accepted\":\(accepted)", "\"events\":\(events)", "\"duplicates\":\(duplicates)",
            "\"quarantined\":\(quarantined)", "\"spooled\":\(spooled)",
        ]
        let statuses = refused.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        members.append("\"refused\":{\(statuses.joined(separator: ","))}")
        members.append("\"failed\":\(failed)")
        if let firstFailure { members.append("\"failure\":\(JSONValue.text(firstFailure).json)") }
        members.append("\"seconds\":\(Self.rounded(seconds)),\"perSecond\":\(Int(rate(seconds)))")
        let list = answers.sorted { $0.number < $1.number }.map { answer in
            "{\"status\":\(answer.status.map(String.init) ?? "null"),\"body\":\(JSONValue.text(answer.body).json)}"
        }
        members.append("\"answers\":[\(list.joined(separator: ","))]")
        return "{\(members.joined(separator: ","))}"
    }

    private func rate(_ seconds: Double) -> Double { seconds > 0 ? Double(sent) / seconds : 0 }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}
