extension Arguments {
    /// The value of `--name` as a point in time, in Unix milliseconds.
    mutating func moment(_ name: String) throws(UsageError) -> Int64? {
        guard let text = try value(name) else { return nil }
        return try Moment.read(text, option: name)
    }
}
