import Verifiers

/// Dead letters that went wrong in the same way: at one place, by one category, for one reason but for its numbers.
struct DeadGroup: Sendable {
    /// A hash that names the group for as long as its reason stays the same.
    var fingerprint: String
    var place: DeadPlace
    var category: String
    /// The reason; where the letters' differ, with `#` for what does.
    var reason: String
    var count = 0
    /// Unix milliseconds.
    var firstSeen: Int64?
    var lastSeen: Int64?
    var isQuarantined: Bool
    /// The newest of them.
    var sample: DeadLetter

    /// What usually mends it.
    var action: DeadAction { DeadAction(of: sample) }
}

extension DeadLetter {
    /// Names the group that the letter belongs to.
    var fingerprint: String {
        let text = "\(id.place)\n\(category)\n\(Self.pattern(of: reason))"
        return String(SHA256Hash.hex(of: Array(text.utf8)[...]).prefix(16))
    }

    /// The reason with `#` for each run of letters and digits that has a digit in it (ids, counts, times, addresses).
    static func pattern(of reason: String) -> String {
        var output = ""
        var word = ""
        func ended(_ word: String) -> String {
            word.utf8.contains { (0x30...0x39).contains($0) } ? "#" : word
        }
        for character in reason.unicodeScalars.prefix(500) {
            let isWord =
                character.properties.isAlphabetic || character == "_" || (0x30...0x39).contains(character.value)
            if isWord {
                word.unicodeScalars.append(character)
            } else {
                output += ended(word)
                word = ""
                output.unicodeScalars.append(character)
            }
        }
        return output + ended(word)
    }
}

/// The one thing that usually mends dead letters of a kind.
enum DeadAction: String, CaseIterable, Sendable {
    case mendMapping, mendDelivery, mendCredentials, grantPermission, lowerRate, mendEvent, mendSettings, retry, look

    init(of letter: DeadLetter) {
        guard !letter.isQuarantined else {
            // No mapping helps where there is nothing that it could read (`Pipeline.quarantine`).
            self = letter.type?.hasSuffix(".unreadable") == true ? .mendDelivery : .mendMapping
            return
        }
        switch FailureCategory(rawValue: letter.category) {
        case .authentication: self = .mendCredentials
        case .authorization: self = .grantPermission
        case .rateLimit: self = .lowerRate
        case .validation, .dataError: self = .mendEvent
        case .configuration: self = .mendSettings
        case .network, .providerError: self = .retry
        case .unknown, nil: self = .look
        }
    }

    /// In words, for a person.
    var sentence: String {
        switch self {
        case .mendMapping: "Change the source's mapping, try it on one of these, then retry them: they are mapped anew."
        case .mendDelivery:
            "The body is not what the provider sends: look at the raw bytes and at who sent them, then discard."
        case .mendCredentials: "Put right the destination's credentials, test them, then retry."
        case .grantPermission: "Give the credentials the permission that the destination asks for, then retry."
        case .lowerRate: "Set or lower the destination's rateLimit, then retry."
        case .mendEvent:
            "The destination does not take such events: change the mapping or filter, then replay or discard."
        case .mendSettings: "Put right the destination's address or settings, then retry."
        case .retry: "The destination was away or failed: once it is well again, retry."
        case .look: "Look at the last answer of an attempt; retry one to see whether it lasts."
        }
    }
}

extension DeadStore {
    /// What looking for groups came to.
    struct Groups: Sendable {
        var groups: [DeadGroup] = []
        var letters = 0
        /// Whether all dead letters were looked at.
        var isComplete = true
    }

    private static let lettersPerCall = 200
    private static let mostLetters = 20_000

    /// The groups, largest first; of many dead letters only those that were read in the time there is.
    func groups(_ filter: DeadFilter, within time: Duration) async throws(RedisFailure) -> Groups {
        let deadline = ContinuousClock.now + time
        var result = Groups()
        var groups: [String: DeadGroup] = [:]
        var position: DeadCursor?
        repeat {
            let page = try await scan(filter, limit: Self.lettersPerCall, after: position, until: deadline)
            for letter in page.letters {
                result.letters += 1
                let fingerprint = letter.fingerprint
                var group =
                    groups[fingerprint]
                    ?? DeadGroup(
                        fingerprint: fingerprint, place: letter.id.place, category: letter.category,
                        reason: letter.reason, isQuarantined: letter.isQuarantined,
                        sample: letter)
                group.add(letter)
                groups[fingerprint] = group
            }
            position = page.next
            if ContinuousClock.now >= deadline || result.letters >= Self.mostLetters { break }
        } while position != nil
        result.isComplete = position == nil
        result.groups = groups.values.sorted { ($0.count, $1.fingerprint) > ($1.count, $0.fingerprint) }
        return result
    }

    /// The next `limit` dead letters that the filter means; fewer at the end, or when the time is up.
    func scan(
        _ filter: DeadFilter, limit: Int, after cursor: DeadCursor?, until deadline: ContinuousClock.Instant
    ) async throws(RedisFailure) -> DeadPage {
        var page = DeadPage()
        for place in try await places(filter) where cursor.map({ place >= $0.place }) ?? true {
            var position: DeadCursor? = cursor?.place == place ? cursor : DeadCursor(place)
            while let current = position {
                let part = try await self.page(from: current, limit: limit - page.letters.count)
                page.letters += part.letters.filter(filter.matches)
                position = part.next
                if page.letters.count >= limit || ContinuousClock.now >= deadline {
                    page.next = position ?? DeadCursor(place, "end")
                    return page
                }
            }
        }
        return page
    }
}

extension DeadGroup {
    fileprivate mutating func add(_ letter: DeadLetter) {
        count += 1
        if letter.reason != reason { reason = DeadLetter.pattern(of: letter.reason) }
        guard let at = letter.deadAt else { return }
        firstSeen = min(firstSeen ?? at, at)
        if at >= lastSeen ?? at {
            lastSeen = at
            sample = letter
        }
    }
}
