import Synchronization

/// Remembers which token proved which event, for providers whose signature covers a token and not the body (Mailgun):
/// whoever saw one delivery could else prove any other with its token.
///
/// One for a source, shared by all its workers. What it knows ends with the process and with the capacity; within both
/// a token is good for one event, as often as it is repeated. Beyond the process the store remembers (`TokenClaim`).
public final class SingleUseTokens: Sendable, Equatable {
    /// How many tokens are remembered; the oldest goes first.
    static let capacity = 65_536

    private struct Memory {
        var owners: [UInt64: UInt64] = [:]
        var order: [UInt64] = []
        var next = 0
    }

    private let memory = Mutex(Memory())

    /// Remembers nothing yet.
    public init() {}

    /// Whether `token` is new or belongs to `owner`, which it then does.
    func claim(_ token: ArraySlice<UInt8>, for owner: ArraySlice<UInt8>) -> Bool {
        let token = Self.short(token)
        let owner = Self.short(owner)
        return memory.withLock { memory in
            if let known = memory.owners[token] { return known == owner }
            if memory.order.count < Self.capacity {
                memory.order.append(token)
            } else {
                memory.owners[memory.order[memory.next]] = nil
                memory.order[memory.next] = token
                memory.next = (memory.next + 1) % Self.capacity
            }
            memory.owners[token] = owner
            return true
        }
    }

    /// Lets a token go: the store knows that it is another event's, and a forger shall not keep it from that one here.
    func forget(_ claim: TokenClaim) {
        guard let token = UInt64(claim.token.prefix(16), radix: 16) else { return }
        memory.withLock { $0.owners[token] = nil }
    }

    /// The first 8 bytes of a SHA-256: enough to tell tokens apart, small enough for many.
    private static func short(_ text: ArraySlice<UInt8>) -> UInt64 {
        SHA256Hash.digest(of: text).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// What is remembered is no part of what a definition says.
    public static func == (left: SingleUseTokens, right: SingleUseTokens) -> Bool { true }
}

/// Which token proved which event, for the store to remember; digests, of which nothing can be learned.
public struct TokenClaim: Equatable, Sendable {
    /// SHA-256 of the token, 64 hex digits.
    public var token: String
    /// SHA-256 of what tells the event apart, 64 hex digits.
    public var owner: String
}

extension DeclaredProvider {
    /// Whether each proof is good for one event only.
    public var provesByToken: Bool { definition.proofs.contains { !$0.singleUse.isEmpty } }

    /// Forgets a claim that proved to be another event's.
    public func forget(_ claim: TokenClaim) {
        for check in checks where !check.proof.singleUse.isEmpty { check.proof.tokens.forget(claim) }
    }

    /// What an authentic delivery claims for its event.
    public func tokenClaim(of delivery: Delivery) -> TokenClaim? {
        let values = RequestValues(delivery, contents: definition.contents)
        for check in checks where check.proof.conditions.allSatisfy({ $0.holds(in: values) }) {
            guard !check.proof.singleUse.isEmpty, let (input, _) = try? check.input(delivery, values) else { continue }
            let owner = values.first(of: check.proof.singleUse) ?? delivery.body
            return TokenClaim(token: SHA256Hash.hex(of: input.id), owner: SHA256Hash.hex(of: owner))
        }
        return nil
    }
}
