import Verifiers

/// Sends events to Google Analytics 4 by the Measurement Protocol.
///
/// Google answers 2xx to everything, also to a wrong key and to events that it then drops, and knows no event id. So
/// what it takes is checked before it is sent (`GoogleAnalyticsEvent`), and an accepted request proves nothing.
/// https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
@ControlPlane
final class GoogleAnalyticsDestination: Destination {
    nonisolated static let card = DestinationCard(
        type: "google-analytics", name: "Google Analytics 4",
        description: "Sends events to a GA4 web data stream by the Measurement Protocol.",
        address: .service("https://www.google-analytics.com"),
        requiredCredentials: [
            .init(
                name: "measurementId", isSensitive: false, isRequired: true,
                hint: "the web data stream's id (G-…): Admin, Data streams, your stream"),
            .init(
                name: "apiSecret", isSensitive: true, isRequired: true,
                hint: "a secret of that stream: Admin, Data streams, your stream, Measurement Protocol API secrets"),
        ],
        settings: GoogleAnalyticsSettings.card,
        documentation: "https://developers.google.com/analytics/devguides/collection/protocol/ga4")

    /// 25 events a request; a body stays under 130 kB.
    let limits = BatchLimits(events: 25, bytes: 100_000)

    /// Of 130 kB a request, less what stands around the events.
    private static let maximumEventsBytes = 125_000
    /// Older events are put on the wrong day or dropped.
    private static let lateness = Duration.seconds(72 * 3600)
    /// Requests of one batch that are under way at once: one for each client_id.
    private static let parallelRequests = 4
    private static let unverifiable =
        "accepted, unverifiable: Google answers so to everything, also to a wrong key or an event that it drops"

    private let context: DestinationContext
    private let settings: GoogleAnalyticsSettings
    private let url: OutboundURL
    private let debugURL: OutboundURL
    private let summary: String
    private let secret: Secret

    nonisolated static func validate(_ configuration: DestinationConfiguration) throws(InvalidDestination) {
        _ = try url(configuration, GoogleAnalyticsSettings(configuration), "/mp/collect")
    }

    init(_ context: DestinationContext) throws(InvalidDestination) {
        self.context = context
        settings = try GoogleAnalyticsSettings(context.configuration)
        url = try Self.url(context.configuration, settings, "/mp/collect")
        debugURL = try Self.url(context.configuration, settings, "/debug/mp/collect")
        summary = "POST \(url)"
        guard let secret = context.configuration.credentials["apiSecret"] else {
            throw InvalidDestination(key: "credentials.apiSecret", reason: "missing")
        }
        self.secret = secret
    }

    func send(_ batch: [Event]) async -> AttemptResult {
        var result = AttemptResult(.delivered, count: batch.count, request: summary)
        result.isUnverifiable = true
        let requests = requests(for: batch, &result.outcomes)
        guard !requests.isEmpty else {
            result.request = nil
            return result
        }
        await withTaskGroup(of: Sent.self) { group in
            var pending = requests.makeIterator()
            func addNext() {
                guard let next = pending.next() else { return }
                group.addTask { await self.send(next) }
            }
            for _ in 0..<Self.parallelRequests { addNext() }
            while let sent = await group.next() {
                addNext()
                record(sent, in: &result)
            }
        }
        if requests.count > 1 { result.request = "\(summary) (\(requests.count) requests, one for each client_id)" }
        return result
    }

    /// Asks the validation server, which stores nothing, and looks at neither key nor id.
    /// https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events
    func check() async -> CredentialCheck {
        let request = OutboundRequest(
            .post, debugURL, headers: [("Content-Type", "application/json")],
            body: Array(#"{"client_id":"srv.check","events":[{"name":"credential_check","params":{}}]}"#.utf8))
        do throws(HTTPClientError) {
            let response = try await context.client.send(request, context.clientOptions)
            let answer = APIAnswer(response, unixMilliseconds: context.unixMilliseconds())
            if let failure = CredentialCheck.failure(answer.foreignOutcome ?? answer.general) { return failure }
            if let document = answer.document,
                let first = document.children(of: document.member("validationMessages")).first(where: { _ in true })
            {
                let words = document.string(of: document.member("description", of: first)) ?? answer.words
                return CredentialCheck(
                    verdict: .failed(.validation),
                    explanation: AnswerExcerpt.text(Array("Google says: \(words)".utf8), hiding: [secret]))
            }
        } catch {
            return CredentialCheck(verdict: .failed(error.category), explanation: error.description)
        }
        return .unverifiable(
            "Google is reached and takes such requests, but answers the same to any key and id; set debugMode and look into the stream's DebugView after an event"
        )
    }

    func close() async {}

    // MARK: Requests

    /// Events of one client_id, which is all that a request may hold, and their places in the batch.
    private struct Group: Sendable {
        var clientID: String
        var places: [Int] = []
        var events: [[UInt8]] = []
        var bytes = 0
    }

    private struct Sent: Sendable {
        var places: [Int]
        var status: Int?
        var outcome: DeliveryOutcome
        var answer: String?
    }

    /// Groups what can be sent; what cannot gets its outcome at once.
    private func requests(for batch: [Event], _ outcomes: inout [DeliveryOutcome]) -> [Group] {
        let now = context.unixMilliseconds()
        var groups: [Group] = []
        var open: [String: Int] = [:]
        for (place, event) in batch.enumerated() {
            let mapped: GoogleAnalyticsEvent
            do throws(RefusedEvent) {
                mapped = try GoogleAnalyticsEvent(event, settings)
            } catch {
                outcomes[place] = .dead(error.category, reason: error.reason)
                continue
            }
            let age = now - mapped.unixMicroseconds / 1000
            guard age <= Self.lateness.milliseconds else {
                outcomes[place] = .dead(
                    .dataError, reason: "older than 72 h: Google Analytics would drop it or count it on the wrong day")
                continue
            }
            let json = mapped.json(latest: now)
            guard json.count <= Self.maximumEventsBytes else {
                outcomes[place] = .dead(
                    .dataError,
                    reason: "\(json.count) bytes; Google Analytics takes 130 kB a request and drops it silently")
                continue
            }
            let index = open[mapped.clientID].flatMap { hasRoom(groups[$0], json) ? $0 : nil } ?? groups.count
            if index == groups.count { groups.append(Group(clientID: mapped.clientID)) }
            open[mapped.clientID] = index
            groups[index].places.append(place)
            groups[index].events.append(json)
            groups[index].bytes += json.count + 1
        }
        return groups
    }

    private func hasRoom(_ group: Group, _ json: [UInt8]) -> Bool {
        group.events.count < limits.events && group.bytes + json.count <= Self.maximumEventsBytes
    }

    private func send(_ group: Group) async -> Sent {
        var body = Array(#"{"client_id":"#.utf8)
        JSONWriter.append(group.clientID, to: &body)
        body += #","events":["#.utf8
        body += group.events.joined(separator: ",".utf8)
        body += "]}".utf8
        let request = OutboundRequest(.post, url, headers: [("Content-Type", "application/json")], body: body)
        do throws(HTTPClientError) {
            let response = try await context.client.send(request, context.clientOptions)
            let outcome =
                APIAnswer(response, unixMilliseconds: context.unixMilliseconds()).foreignOutcome
                ?? HTTPOutcome.judge(response, unixMilliseconds: context.unixMilliseconds())
            let answer = AnswerExcerpt.text(response.body, hiding: [secret])
            return Sent(
                places: group.places, status: Int(response.status.code), outcome: outcome,
                answer: outcome == .delivered ? Self.unverifiable : answer)
        } catch {
            // Nothing tells Google that it has seen an event before: a repeated request may count twice, except purchases.
            return Sent(places: group.places, outcome: settings.afterUnknownOutcome.outcome(of: error))
        }
    }

    /// The first failure is what the attempt shows; else the last success.
    private func record(_ sent: Sent, in result: inout AttemptResult) {
        let hadFailure = result.status != nil && result.answer != Self.unverifiable
        for place in sent.places { result.outcomes[place] = sent.outcome }
        guard !hadFailure else { return }
        result.status = sent.status ?? result.status
        result.answer = sent.answer ?? result.answer
    }

    private nonisolated static func url(
        _ configuration: DestinationConfiguration, _ settings: GoogleAnalyticsSettings, _ path: String
    ) throws(InvalidDestination) -> OutboundURL {
        let measurementID = configuration.credentials["measurementId"]?.bytes ?? []
        guard measurementID.starts(with: "G-".utf8), measurementID.count > 2 else {
            throw InvalidDestination(
                key: "credentials.measurementId",
                reason: "a measurement id starts with G-; find it in Admin, Data streams, your web stream")
        }
        let secret = configuration.credentials["apiSecret"]?.bytes ?? []
        func encoded(_ bytes: [UInt8]) -> String { String(decoding: PercentEncoding.encode(bytes[...]), as: UTF8.self) }
        do throws(OutboundURL.Malformed) {
            return try OutboundURL(configuration.baseURL ?? settings.region.address).appending(
                "\(path)?measurement_id=\(encoded(measurementID))&api_secret=\(encoded(secret))")
        } catch {
            throw InvalidDestination(key: "baseURL", reason: error.description)
        }
    }
}
