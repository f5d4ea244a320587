/// Puts entries together into requests.
enum BatchPlan {
    /// What a request holds besides its entries.
    private static let frameBytes = 512

    /// Requests in order, each within the limits; an entry that is too large alone still gets one of its own.
    static func requests(_ entries: [BatchEntry], _ limits: BatchLimits) -> [[BatchEntry]] {
        var requests: [[BatchEntry]] = []
        var current: [BatchEntry] = []
        var bytes = frameBytes
        var isolated: Set<String> = []
        for entry in entries {
            // One byte for the comma.
            let size = entry.json.count + 1
            let isTaken = entry.isolation.map(isolated.contains) ?? false
            if !current.isEmpty, isTaken || current.count == limits.events || size > limits.bytes - bytes {
                requests.append(current)
                current = []
                bytes = frameBytes
                isolated = []
            }
            current.append(entry)
            bytes += size
            if let isolation = entry.isolation { isolated.insert(isolation) }
        }
        if !current.isEmpty { requests.append(current) }
        return requests
    }
}
