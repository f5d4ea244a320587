extension Configuration {
    /// Key paths of what differs from `old` and is read when the process starts: a reload does not put it in force.
    func readAtStart(differingFrom old: Configuration) -> [String] {
        // These three are taken up by a reload.
        var (mine, theirs) = (listen, old.listen)
        (mine.tls, mine.maxBodyBytes, mine.publicURL) = (nil, 0, nil)
        (theirs.tls, theirs.maxBodyBytes, theirs.publicURL) = (nil, 0, nil)
        let differences = [
            ("listen.host", listen.host != old.listen.host), ("listen.port", listen.port != old.listen.port),
            ("listen", mine != theirs), ("admin.host", admin.host != old.admin.host),
            ("admin.port", admin.port != old.admin.port), ("redis", redis != old.redis),
            ("dataDirectory", dataDirectory != old.dataDirectory), ("spool", spool != old.spool),
            ("log", log != old.log),
        ]
        let paths = differences.filter(\.1).map(\.0)
        // The section says no more than its keys do.
        return paths.contains { $0.hasPrefix("listen.") } ? paths.filter { $0 != "listen" } : paths
    }
}
