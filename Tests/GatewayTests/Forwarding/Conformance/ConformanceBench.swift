import Synchronization
import Testing
import Verifiers

@testable import WebhookGateway

/// A destination and the imitation of its API, which answers as a situation wants.
@ControlPlane
final class ConformanceBench {
    let imitation: any APIImitation
    let destination: any Destination
    /// The credentials that no record may show.
    let secrets: [String]
    private let server: FakeHTTPServer
    private let state: Observed

    /// What the imitation saw; shared with the server's threads.
    private final class Observed: Sendable {
        let accepted = Mutex<[String]>([])
        let violations = Mutex<[String]>([])
        let batches = Mutex(0)
    }

    /// - Parameter recoversAfter: after so many requests with events all goes well.
    init(
        _ type: String, _ situation: Situation, recoversAfter: Int = .max, settings: [String: JSONValue] = [:]
    ) throws {
        let imitation = try #require(
            ImitationCatalog.imitation(of: type), "\(type) needs an imitation of its API in ImitationCatalog")
        let state = Observed()
        server = try FakeHTTPServer { request in
            do throws(Violation) {
                switch try imitation.read(request) {
                case .other(let steps): return steps
                case .events(let events):
                    let number = state.batches.withLock { count in
                        count += 1
                        return count
                    }
                    return Self.answer(events, imitation, number > recoversAfter ? .success : situation, state)
                }
            } catch {
                // A request that is no delivery (a check of the credentials) is no violation in this situation.
                if situation == .unauthorized { return imitation.unauthorized }
                state.violations.withLock { $0.append(error.description) }
                return [.answer(400, body: "violation: \(error)")]
            }
        }
        var configuration = DestinationConfiguration.sample(type) { $0.timeoutSeconds = situation == .slow ? 1 : 60 }
        imitation.configure(&configuration, server: "http://127.0.0.1:\(server.port)")
        configuration.settings.merge(settings) { $1 }
        destination = try DestinationCatalog.make(
            DestinationContext(
                configuration, client: HTTPClient(version: "test"),
                unixMilliseconds: { Event.sampleMilliseconds + 1000 }))
        let sensitive = destination.sensitiveNames
        secrets = configuration.credentials.filter { sensitive.contains($0.key) }.map(\.value.text)
        self.imitation = imitation
        self.state = state
    }

    /// The deduplication keys of the events that were taken, in order, repeated ones too.
    var accepted: [String] { state.accepted.withLock { $0 } }

    func expectNoViolations() {
        let violations = state.violations.withLock { $0 }
        #expect(violations.isEmpty)
    }

    func expectNoSecret(in result: AttemptResult) {
        let record = "\(result)"
        for secret in secrets {
            #expect(!record.contains(secret), "a credential is in the record")
            let encoded = String(decoding: Base64.encode(Array(secret.utf8)[...]), as: UTF8.self)
            #expect(!record.contains(encoded), "a credential is in the record as base64")
        }
    }

    private nonisolated static func answer(
        _ events: [ReceivedEvent], _ imitation: any APIImitation, _ situation: Situation, _ state: Observed
    ) -> [FakeHTTPServer.Step] {
        func take(_ taken: [ReceivedEvent]) { state.accepted.withLock { $0 += taken.map(\.key) } }
        switch situation {
        case .success:
            take(events)
            return imitation.accept(events)
        case .refusal:
            guard events.contains(where: \.isSpoilt), let refusal = imitation.refuse(events) else {
                take(events)
                return imitation.accept(events)
            }
            if imitation.takesPartially { take(events.filter { !$0.isSpoilt }) }
            return refusal
        case .throttling:
            guard let throttling = imitation.throttling else {
                take(events)
                return imitation.accept(events)
            }
            return throttling
        case .serverError: return [.answer(503, body: "upstream connect error")]
        case .resetAfterAcceptance:
            take(events)
            return [.reset]
        case .slow: return [.silence]
        case .notHTTP: return [.text("SSH-2.0-OpenSSH_9.2\r\n"), .close]
        case .hugeWebPage:
            let page = "<!DOCTYPE html><html>" + String(repeating: "<p>Please log in.</p>", count: 500_000)
            return [.answer(200, headers: ["Content-Type: text/html"], body: page)]
        case .invalidJSON: return [.answer(200, headers: ["Content-Type: application/json"], body: #"{"status":"#)]
        case .unauthorized: return imitation.unauthorized
        }
    }
}

extension Destination {
    fileprivate var sensitiveNames: Set<String> {
        Set(Self.card.requiredCredentials.filter(\.isSensitive).map(\.name))
    }
}
