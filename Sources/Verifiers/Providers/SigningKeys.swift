/// The keys of a source whose provider signs by HMAC: one for each secret, in the order of configuration.
struct SigningKeys {
    let keys: [HMACKey]

    /// Prepares the keys; refuses a source that would accept nothing or anything.
    init(_ secrets: [[UInt8]]) throws(InvalidSettings) {
        guard !secrets.isEmpty else {
            throw InvalidSettings(
                key: "secrets", reason: "at least one signing secret is needed; copy it from the provider")
        }
        var keys: [HMACKey] = []
        for (index, secret) in secrets.enumerated() {
            guard !secret.isEmpty else {
                throw InvalidSettings(
                    key: "secrets[\(index)]", reason: "the secret is empty; copy it from the provider")
            }
            guard let key = HMACKey(secret) else {
                throw InvalidSettings(
                    key: "secrets[\(index)]", reason: "OpenSSL cannot use this secret as an HMAC-SHA256 key")
            }
            keys.append(key)
        }
        self.keys = keys
    }

    /// Which secret, counted from 1, yields `signature` over `prefix` and `body`; nil when none does.
    func match(_ signature: Digest, prefix: ArraySlice<UInt8> = [], body: ArraySlice<UInt8>) -> Int? {
        for (index, key) in keys.enumerated() where code(key, prefix: prefix, body: body) == signature {
            return index + 1
        }
        return nil
    }

    /// The first secret's code of `prefix` and `body`: what `sign` puts into a sample.
    func sign(prefix: ArraySlice<UInt8> = [], body: ArraySlice<UInt8>) -> Digest {
        // `init` refuses an empty list.
        code(keys[0], prefix: prefix, body: body)
    }

    private func code(_ key: HMACKey, prefix: ArraySlice<UInt8>, body: ArraySlice<UInt8>) -> Digest {
        key.restart()
        key.update(prefix)
        key.update(body)
        return key.finish()
    }
}
