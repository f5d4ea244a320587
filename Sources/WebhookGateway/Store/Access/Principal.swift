/// What a caller may do; each role may do what those before it may.
enum Role: String, Sendable, CaseIterable, Comparable {
    /// Looks.
    case viewer
    /// Also replays, retries, pauses.
    case `operator`
    /// Also changes mappings and hands out tokens.
    case admin

    static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}

/// Who asks: told by a proved credential, never by the request.
struct Principal: Equatable, Sendable {
    /// What the audit log calls them.
    var name: String
    var role: Role
    /// The only tenant whose events they see; nil: all.
    var tenant: String?

    /// Whether what belongs to that tenant is theirs to see; nil: nobody's in particular.
    func sees(_ owner: String?) -> Bool { tenant == nil || owner == tenant }
}
