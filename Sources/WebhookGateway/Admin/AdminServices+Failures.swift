/// What holds for every request, whichever way it came.
extension AdminServices {
    /// What a failure is to the client.
    func problem(of error: any Error, in request: ULID) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let failure as RedisFailure:
            return Problem(
                .serviceUnavailable, "The store cannot be asked: \(failure).",
                retryAfter: IngestAnswer.retryAfterSeconds)
        case let failure as VaultError:
            return Problem(
                failure.isTemporary ? .serviceUnavailable : .internalServerError,
                "A credential cannot be kept: \(failure).",
                retryAfter: failure.isTemporary ? IngestAnswer.retryAfterSeconds : nil)
        case let wrong as ConfigurationError:
            return Problem(.unprocessableContent, "\(wrong)")
        default:
            log.error(
                "an admin request failed",
                ["request": .text(request.description), "reason": .text("\(error)")])
            return Problem(.internalServerError, "The gateway failed; its log says why, by the request's id.")
        }
    }

    /// Writes a change to the audit log; one that could not be written there is told in the log at least.
    func note(_ entry: AuditEntry) async {
        do throws(RedisFailure) {
            try await audit.append(entry)
        } catch {
            log.warning(
                "a change could not be written to the audit log",
                ["entry": .text(entry.line.text), "reason": .text("\(error)")])
        }
    }
}
