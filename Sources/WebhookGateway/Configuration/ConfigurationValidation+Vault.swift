extension ConfigurationValidation {
    /// Whether the vault's keys are keys, and whether one of them is the current one.
    mutating func checkVault() {
        let vault = configuration.vault
        if let key = vault.key { check(key, "vault.key") }
        for (index, key) in vault.previousKeys.enumerated() { check(key, "vault.previousKeys[\(index)]") }
        if vault.kms != nil { error("vault.kms", "not available in this version", "set vault.key") }
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

    private mutating func check(_ key: Secret, _ keyPath: String) {
        do throws(MasterKeyText.Unusable) {
            _ = try MasterKeyText.read(key.bytes)
        } catch {
            self.error(keyPath, error.description, "")
        }
    }
}
