import Verifiers

/// A destination whose requests carry lists of events. It says one event, puts a request together and reads the answer;
/// keeping to the API's limits, finding the one entry that spoils a request and adding up the outcomes is done here.
@ControlPlane
protocol BatchDestination: Destination {
    var context: DestinationContext { get }

    /// What is masked in records, also in the forms it is sent in (base64).
    var secrets: [Secret] { get }

    /// What an attempt's record says of a success that proves nothing; nil where the API's yes can be believed.
    var unverifiable: String? { get }

    /// An event in the API's words, or why the API would not take it.
    func entry(_ event: Event, unixMilliseconds: Int64) throws(RefusedEvent) -> BatchEntry

    /// A request of these entries, which keep to `limits`.
    func request(_ entries: [BatchEntry]) -> OutboundRequest

    /// Sends a request and waits for the answer that `judge` reads. Most APIs know one exchange; those that want a token
    /// first, or are asked again until they are done, have their own. Afterwards `request` is what was really sent.
    func answer(to request: inout OutboundRequest) async throws(Unanswered) -> APIAnswer

    /// What the answer says of the entries. An answer of another kind than the API speaks (a web page) never gets here.
    func judge(_ answer: APIAnswer, _ entries: [BatchEntry]) -> BatchVerdict

    /// What the absence of an answer means for the entries.
    func judge(_ error: HTTPClientError, _ entries: [BatchEntry]) -> BatchVerdict

    /// What an attempt's record keeps of an answer.
    func shown(_ answer: APIAnswer) -> [UInt8]
}

extension BatchDestination {
    var unverifiable: String? { nil }

    /// Every entry carries a deduplication key: all can be sent again.
    func judge(_ error: HTTPClientError, _ entries: [BatchEntry]) -> BatchVerdict { .whole(HTTPOutcome.judge(error)) }

    func shown(_ answer: APIAnswer) -> [UInt8] { answer.body }

    private static var eventsBetweenPauses: Int { 100 }

    func send(_ batch: [Event]) async -> AttemptResult {
        var run = BatchRun(count: batch.count, secrets: secrets, unverifiable: unverifiable)
        let now = context.unixMilliseconds()
        var entries: [BatchEntry] = []
        for (place, event) in batch.enumerated() {
            // A large batch takes its time; the control plane has other things to do in between.
            if place % Self.eventsBetweenPauses == Self.eventsBetweenPauses - 1 { await Task.yield() }
            do throws(RefusedEvent) {
                var entry = try entry(event, unixMilliseconds: now)
                entry.place = place
                entries.append(entry)
            } catch {
                run.settle(place, .dead(error.category, reason: error.reason))
            }
        }
        run.plan(BatchPlan.requests(entries, limits))
        while let next = run.next() {
            var request = request(next)
            do throws(Unanswered) {
                let answer = try await answer(to: &request)
                // A token may have been fetched for the request.
                run.secrets = secrets
                run.record(request, status: answer.status, answer: shown(answer))
                run.apply(answer.foreign ?? judge(answer, next), to: next)
            } catch {
                run.secrets = secrets
                run.record(request, status: nil, answer: nil)
                switch error {
                case .failed(let failure): run.apply(judge(failure, next), to: next)
                case .prevented(let outcome): run.apply(.whole(outcome), to: next)
                }
            }
        }
        return run.result
    }

    func answer(to request: inout OutboundRequest) async throws(Unanswered) -> APIAnswer {
        try await plainAnswer(to: request)
    }

    /// One request, one answer.
    func plainAnswer(to request: OutboundRequest) async throws(Unanswered) -> APIAnswer {
        do throws(HTTPClientError) {
            let response = try await context.client.send(request, context.clientOptions)
            return APIAnswer(response, unixMilliseconds: context.unixMilliseconds())
        } catch {
            throw .failed(error)
        }
    }

    func close() async {}

    /// Sends a request that is no delivery and returns the answer, or what its absence says.
    func ask(_ request: OutboundRequest) async -> Result<APIAnswer, CredentialProblem> {
        do throws(Unanswered) {
            var request = request
            let answer = try await answer(to: &request)
            if case .whole(let outcome) = answer.foreign, let check = CredentialCheck.failure(outcome) {
                return .failure(CredentialProblem(check: check))
            }
            return .success(answer)
        } catch {
            return .failure(CredentialProblem(check: failedCheck(error)))
        }
    }

    /// What an answer that proves nothing good says of the credentials; the words of the API, credentials masked.
    ///
    /// - Parameter outcome: what the answer says of events, where the API does not mean what its status says.
    func failedCheck(_ answer: APIAnswer, _ outcome: DeliveryOutcome? = nil) -> CredentialCheck {
        var check =
            CredentialCheck.failure(outcome ?? answer.general)
            ?? CredentialCheck(
                verdict: .failed(.unknown), explanation: "the answer was not understood: \(answer.words)")
        check.explanation = AnswerExcerpt.text(Array(check.explanation.utf8), hiding: secrets)
        return check
    }

    private func failedCheck(_ error: Unanswered) -> CredentialCheck {
        switch error {
        case .failed(let failure):
            CredentialCheck(verdict: .failed(failure.category), explanation: failure.description)
        case .prevented(let outcome):
            CredentialCheck.failure(outcome.masking(secrets)) ?? .unverifiable("nothing was asked")
        }
    }
}

/// Why a request has no answer.
enum Unanswered: Error, Sendable {
    /// It was sent, or could not be.
    case failed(HTTPClientError)
    /// What it needs could not be had (an access token): it was not sent.
    case prevented(by: DeliveryOutcome)
}

/// Why a check got no answer that could be read.
struct CredentialProblem: Error, Sendable {
    var check: CredentialCheck
}
