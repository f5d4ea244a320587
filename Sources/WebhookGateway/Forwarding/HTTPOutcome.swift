import Verifiers

/// What an HTTP answer means for the event it is about, where the API has no language of its own.
enum HTTPOutcome {
    /// Nobody is believed who asks for more: a mistaken `Retry-After` of a year would bury an event.
    static let longestRetryAfter = Duration.seconds(86_400)

    /// Judges by the status alone (the general rows of the nine categories).
    static func judge(_ response: ClientResponse, unixMilliseconds: Int64) -> DeliveryOutcome {
        let code = response.status.code
        let reason = "the answer was \(code)\(response.status.reason.isEmpty ? "" : " ")\(response.status.reason)"
        func retry(_ category: FailureCategory, _ hint: String = "") -> DeliveryOutcome {
            .retry(category, reason: reason + hint, after: retryAfter(response, unixMilliseconds: unixMilliseconds))
        }
        func dead(_ category: FailureCategory, _ hint: String) -> DeliveryOutcome {
            .dead(category, reason: reason + hint)
        }
        switch code {
        case 200...299: return .delivered
        case 300...399: return retry(.unknown, redirectHint(response))
        case 401: return dead(.authentication, ": the credential is missing, wrong or expired")
        case 403: return dead(.authorization, ": the credential is known but may not do this")
        case 404, 410: return dead(.configuration, ": nothing takes events at this address; check it")
        case 408, 425: return retry(.providerError)
        case 413: return dead(.validation, ": the event is larger than the destination takes")
        case 400, 405, 406, 411, 414, 415, 431:
            return dead(.validation, ": the destination does not understand the request")
        case 422: return dead(.dataError, ": the destination refuses this event's content")
        case 429: return retry(.rateLimit)
        case 500...599: return retry(.providerError)
        default: return dead(.unknown, "")
        }
    }

    /// What a request without an answer means for its event.
    static func judge(_ error: HTTPClientError) -> DeliveryOutcome {
        error.isRetryable
            ? .retry(error.category, reason: error.description, after: nil)
            : .dead(error.category, reason: error.description)
    }

    /// How long the answer asks to wait, as a number of seconds or a date (RFC 9110 §10.2.3).
    static func retryAfter(_ response: ClientResponse, unixMilliseconds: Int64) -> Duration? {
        guard let value = response.headers.first("retry-after"),
            let seconds = HTTPDate.delay(retryAfter: value.span, now: unixMilliseconds / 1000)
        else { return nil }
        return min(.seconds(seconds), longestRetryAfter)
    }

    private static func redirectHint(_ response: ClientResponse) -> String {
        guard let location = response.headers.first("location") else { return ": redirects are not followed" }
        let text = URLMask.masked(String(decoding: location, as: UTF8.self))
        return
            ": redirects are not followed; if the service has moved, set the address to \(VisibleText.quoted(text.prefix(200)))"
    }
}
