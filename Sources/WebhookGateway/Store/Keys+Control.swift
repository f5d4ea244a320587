/// The keys of what belongs to the installation as a whole and to no partition: access, audit, mappings, shapes, the vault.
///
/// | key | type | what | life |
/// | --- | --- | --- | --- |
/// | `tokens` | hash | token id → JSON: name, role, tenant, SHA-256 of the secret, … (`AdminToken`) | until revoked |
/// | `tokens:used` | hash | token id → when it was last used (ms), to the minute | until revoked |
/// | `session:<SHA-256>` | string | JSON of a browser's session; the cookie's value is hashed | 12 hours |
/// | `sessions:<token id>` | zset | SHA-256 of the sessions made from a token, by when they began (ms); else of `<tenant>:<name>` | 12 hours after the last |
/// | `login:<SHA-256>` | string | JSON of a one-time link's principal; the link's code is hashed | until used, 12 hours |
/// | `cursors:key` | string | 32 random bytes that seal tenants' cursors (`CursorSeal`) | for ever |
/// | `audit` | stream | every change: who, what, when, from where | the newest 100,000, of each tenant the newest 10,000 |
/// | `audit:of:<tenant>` | stream | the ids in `audit` of what a tenant's tokens did | the newest 10,000 |
/// | `mapping:<source>` | list | JSON, one a version of the source's mapping, newest last | the newest 50 |
/// | `mappings` | hash | source → its mapping in force (JSON5 text, version) | until reset |
/// | `mappings:version` | string | counts changes; what workers watch | for ever |
/// | `vault:tenants` | set | tenants that have data keys | for ever |
/// | `vault:rekey` | hash | tenant → the version its values are to have | while `keys rekey` is under way |
/// | `vault:keys:<tenant>` | hash | the tenant's data keys, wrapped by a master key, and their uses (`DataKeyStore`) | for ever |
/// | `integrations` | hash | id (`sources.<key>`) → JSON of a managed integration, credentials sealed (`Integration`) | until deleted |
/// | `integrations:version` | string | counts changes; what every process watches | for ever |
/// | `changes` | channel | a message for each change of a mapping or an integration; a hint, the counts are what counts | |
/// | `integrations:changes` | zset | id by the number of the change that concerned it last, deleted ones too | for ever |
/// | `integrations:tenants` | hash | tenant → how many integrations it has | for ever |
/// | `integrations:owners` | hash | id of a deleted integration whose events or refused deliveries are still kept → its tenant | until the tenant takes the id again |
/// | `integrations:claims` | hash | what there may be once (`Integration.claim`) → id of the one that has it | until that is deleted |
/// | `shapes:of:<source>` | hash | provider type → count of samples, a blank, the shape learned from them (`PayloadShape`) | 400 days after the last sample |
/// | `shapes:changes:<source>` | list | JSON, one a change of a shape, newest first | the newest 200, 400 days |
/// | `shapes:counts` | hash | `<kind>\|<source>` → how many changes there were | for ever |
/// | `shapes:seen` | hash | source → arrival of the newest event that was looked at (ms) | for ever |
/// | `shapes:turn` | string | which process learns | 15 seconds after it stops |
struct ControlKeys: Sendable {
    let prefix: String

    init(prefix: String = "wh") { self.prefix = "\(prefix):{control}:" }

    var tokens: String { "\(prefix)tokens" }
    var tokenUses: String { "\(prefix)tokens:used" }
    func session(_ hash: String) -> String { "\(prefix)session:\(hash)" }
    func sessions(_ owner: String) -> String { "\(prefix)sessions:\(owner)" }
    func login(_ hash: String) -> String { "\(prefix)login:\(hash)" }
    var cursorKey: String { "\(prefix)cursors:key" }
    var audit: String { "\(prefix)audit" }
    func audit(of tenant: String) -> String { "\(prefix)audit:of:\(tenant)" }
    func mapping(_ source: String) -> String { "\(prefix)mapping:\(source)" }
    var mappings: String { "\(prefix)mappings" }
    var mappingsVersion: String { "\(prefix)mappings:version" }
    var vaultTenants: String { "\(prefix)vault:tenants" }
    var vaultRekey: String { "\(prefix)vault:rekey" }
    func vaultKeys(_ tenant: String) -> String { "\(prefix)vault:keys:\(tenant)" }
    var changes: String { "\(prefix)changes" }
    var integrations: String { "\(prefix)integrations" }
    var integrationsVersion: String { "\(prefix)integrations:version" }
    var integrationChanges: String { "\(prefix)integrations:changes" }
    var integrationTenants: String { "\(prefix)integrations:tenants" }
    var integrationOwners: String { "\(prefix)integrations:owners" }
    var integrationClaims: String { "\(prefix)integrations:claims" }
    // The source's name stands behind a word of its own, so that no name of a source can be that of another key.
    func shapes(_ source: String) -> String { "\(prefix)shapes:of:\(source)" }
    func shapeChanges(_ source: String) -> String { "\(prefix)shapes:changes:\(source)" }
    var shapeChangeCounts: String { "\(prefix)shapes:counts" }
    var shapesSeen: String { "\(prefix)shapes:seen" }
    var shapesTurn: String { "\(prefix)shapes:turn" }
}
