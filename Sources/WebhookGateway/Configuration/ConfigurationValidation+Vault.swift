extension ConfigurationValidation {
    /// Whether the vault's keys are keys, and whether one of them is the current one.
    mutating func checkVault() {
        let vault = configuration.vault
        if let key = vault.key { check(key, "vault.key") }
        for (index, key) in vault.previousKeys.enumerated() { check(key, "vault.previousKeys[\(index)]") }
        if let endpoint = vault.kms?.endpoint, !endpoint.lowercased().hasPrefix("https://"), !isOnLoopback(endpoint) {
            error(
                "vault.kms.endpoint", "data keys would cross the network in clear",
                "begin it with https://; http:// is for an address of this machine")
        }
        let hasBoth = vault.key != nil && vault.kms != nil
        if hasBoth, vault.current == nil {
            error(
                "vault.current", "missing: there are vault.key and vault.kms",
                "set it to \"kms\" or \"key\", whichever is to protect new data keys; the other one only opens")
        }
        if !hasBoth, let current = vault.current, !hasReadingIssue("vault") {
            let other = current == .key ? vault.key == nil : vault.kms == nil
            if other { error("vault.current", "names vault.\(current.rawValue), which is not there", "remove it") }
        }
        if vault.key == nil, vault.kms == nil, !vault.previousKeys.isEmpty, !hasReadingIssue("vault") {
            error("vault.previousKeys", "there is no current key", "set vault.key or vault.kms")
        }
    }

    private func isOnLoopback(_ url: String) -> Bool {
        let authority = url.dropFirst("http://".count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return HostAndPort(parsing: String(authority), defaultPort: 80).map { isLoopback($0.host) } ?? false
    }

    private mutating func check(_ key: Secret, _ keyPath: String) {
        do throws(MasterKeyText.Unusable) {
            _ = try MasterKeyText.read(key.bytes)
        } catch {
            self.error(keyPath, error.description, "")
        }
    }
}
