extension KnownParts {
    /// What this program has.
    static let builtIn = KnownParts(
        destinationTypes: ["console", "file", "google-analytics", "webhook"],
        singleEventTypes: ["webhook"])
}
