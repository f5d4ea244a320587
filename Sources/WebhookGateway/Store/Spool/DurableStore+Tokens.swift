import Verifiers

extension DurableStore {
    /// Claims a token for an event, among all processes; `completion` is told whether it is that event's.
    ///
    /// While Redis is away nobody can tell, and the process' own memory has to do (`SingleUseTokens`): an authentic
    /// delivery is never lost for that.
    func claim(
        _ claim: TokenClaim, of source: SourceKeys, seconds: Int64, then completion: @escaping (_ isOurs: Bool) -> Void
    ) {
        guard isConnected else { return completion(true) }
        let key = RedisArgument.text(source.tokenPrefix + claim.token)
        connection.send(["SET", key, .text(claim.owner), "NX", "EX", .integer(seconds)]) { _ in }
        connection.send(["GET", key]) { result in
            guard case .success(.bytes(let owner)) = result else { return completion(true) }
            completion(owner.elementsEqual(claim.owner.utf8))
        }
    }
}
