import Verifiers

/// Takes secrets out of what is kept of a refused delivery, so that they can be recognised but not read.
///
/// In a secret's place stands a seal: `sealed.` and 32 hexadecimal digits of a hash keyed with a random salt of the
/// refusal's own. Who knows a secret can make its seal and put the secret back in (`opened`); that is how a delivery is
/// judged anew by the secrets of now. Answers show `•••` for a seal.
struct RefusalSeal {
    private static let prefix = Array("sealed.".utf8)
    private static let digits = 32
    static let saltBytes = 16

    private let key: HMACKey

    /// Nil without a salt, which no kept refusal is.
    init?(salt: [UInt8]) {
        guard let key = HMACKey(salt) else { return nil }
        self.key = key
    }

    /// What stands in a secret's place.
    func seal(_ secret: ArraySlice<UInt8>) -> [UInt8] {
        Self.prefix + Hex.encode(key.code(of: secret).bytes.prefix(Self.digits / 2))
    }

    // MARK: Closing

    /// The path and query with secrets sealed: the parameters named, those with telling names, the rest of the path.
    func closed(target: ArraySlice<UInt8>, pathSuffix: ArraySlice<UInt8>, _ credentials: CarriedCredentials) -> [UInt8]
    {
        let mark = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        var path = Array(target[..<mark])
        if credentials.isInPath, !pathSuffix.isEmpty, path.count >= pathSuffix.count {
            path.removeLast(pathSuffix.count)
            path += seal(PercentEncoding.decode(pathSuffix, plusIsSpace: false)[...])
        }
        guard mark < target.endIndex else { return path }
        let fields = target[(mark + 1)...].split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        let closed = fields.map { field -> [UInt8] in
            guard let sign = field.firstIndex(of: UInt8(ascii: "=")), sign + 1 < field.endIndex else {
                return Array(field)
            }
            let name = PercentEncoding.decode(field[..<sign], plusIsSpace: true)
            let isSecret =
                credentials.parameters.contains(name) || SecretNames.isSecret(String(decoding: name, as: UTF8.self))
            guard isSecret else { return Array(field) }
            return field[...sign] + seal(PercentEncoding.decode(field[(sign + 1)...], plusIsSpace: false)[...])
        }
        return path + [UInt8(ascii: "?")] + closed.joined(separator: [UInt8(ascii: "&")])
    }

    /// The header fields that are kept, secrets sealed. Those of connections, proxies and other credentials are left
    /// out, unless the delivery is proved by them.
    func closed(headers: HeaderFields, _ credentials: CarriedCredentials) -> [(name: String, value: String)] {
        var kept: [(name: String, value: String)] = []
        var room = Refusal.Limit.headerBytes
        for field in headers.fields {
            let name = String(decoding: headers.bytes[field.name], as: UTF8.self)
            let lower = name.lowercased()
            let isProof = credentials.proofs.contains(lower)
            let isCredential = credentials.headers.contains(lower)
            guard isProof || isCredential || !EventRecord.isOmitted(headers.bytes[field.name].span) else { continue }
            let value = headers.bytes[field.value]
            let isSealed = isCredential || !isProof && SecretNames.isSecret(lower)
            let text = isSealed && !value.isEmpty ? seal(value)[...] : value
            guard name.utf8.count + text.count <= room else { continue }
            room -= name.utf8.count + text.count
            kept.append((name, String(decoding: text, as: UTF8.self)))
        }
        return kept
    }

    /// The body with secrets sealed; nil when one cannot be found in the form that it was written in.
    func closed(body: ArraySlice<UInt8>, _ credentials: CarriedCredentials) -> [UInt8]? {
        var result = Array(body)
        for secret in credentials.inBody {
            guard result.holds(secret) else { return nil }
            result.replace(secret, with: seal(secret[...]))
        }
        return result
    }

    // MARK: Opening

    /// The refusal with those seals opened whose secrets are among the candidates.
    func opened(_ refusal: Refusal, secrets: [[UInt8]], _ credentials: CarriedCredentials) -> Refusal {
        var opened = refusal
        let target = Array(refusal.target.utf8)
        let isBodySealed = !credentials.inBody.isEmpty
        let hasSeals =
            isBodySealed || target.holds(Self.prefix)
            || refusal.headers.contains { Array($0.value.utf8).holds(Self.prefix) }
        guard hasSeals else { return refusal }
        var inURL: [[UInt8]: [UInt8]] = [:]
        var elsewhere: [[UInt8]: [UInt8]] = [:]
        for secret in secrets {
            for form in Self.urlForms(of: secret) { inURL[seal(form[...])] = PercentEncoding.encode(form[...]) }
            elsewhere[seal(secret[...])] = secret
            for form in Self.headerForms(of: secret, credentials.prefixes) { elsewhere[seal(form[...])] = form }
        }
        opened.target = String(decoding: Self.replacing(target[...], inURL), as: UTF8.self)
        opened.headers = refusal.headers.map { name, value in
            (name, String(decoding: Self.replacing(Array(value.utf8)[...], elsewhere), as: UTF8.self))
        }
        if isBodySealed { opened.body = Self.replacing(refusal.body, elsewhere)[...] }
        return opened
    }

    /// A secret as it is found in URLs, rightly or with one of the usual mistakes that an explanation can name.
    private static func urlForms(of secret: [UInt8]) -> [[UInt8]] {
        [
            secret, PercentEncoding.encode(secret[...]), secret + Array("/".utf8), secret + Array(" ".utf8),
            Array(" ".utf8) + secret, secret + Array("\n".utf8),
        ]
    }

    /// A secret as header fields hold it.
    private static func headerForms(of secret: [UInt8], _ prefixes: Set<String>) -> [[UInt8]] {
        let base64 = Base64.encode(secret[...])
        let forms = prefixes.union(["Bearer ", "Token "]).map { Array($0.utf8) + secret }
        return forms + [Array("Basic ".utf8) + base64, Array("basic ".utf8) + base64, base64]
    }

    /// The text with `•••` in place of every seal, for people.
    static func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.holds(prefix) else { return text }
        return String(decoding: rewriting(bytes[...]) { _ in Array(Secret.mask.utf8) }, as: UTF8.self)
    }

    private static func replacing(_ text: ArraySlice<UInt8>, _ originals: [[UInt8]: [UInt8]]) -> [UInt8] {
        rewriting(text) { originals[$0] }
    }

    /// Replaces seals; those for which there is nothing stay.
    private static func rewriting(_ text: ArraySlice<UInt8>, _ replacement: ([UInt8]) -> [UInt8]?) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var rest = text
        while let start = rest.firstRange(of: prefix)?.lowerBound {
            result += rest[..<start]
            let end = start + prefix.count + digits
            let seal = end <= rest.endIndex ? Array(rest[start..<end]) : []
            guard !seal.isEmpty, seal.dropFirst(prefix.count).allSatisfy(isDigit), let other = replacement(seal) else {
                result += prefix
                rest = rest[(start + prefix.count)...]
                continue
            }
            result += other
            rest = rest[end...]
        }
        return result + rest
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

extension Collection where Element == UInt8, Index == Int {
    fileprivate func holds(_ part: [UInt8]) -> Bool { firstRange(of: part) != nil }
}
