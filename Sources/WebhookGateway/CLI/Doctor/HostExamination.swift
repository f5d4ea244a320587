import Glibc
import Verifiers

/// Looks at this machine: the data directory, its disk, the ports, the limit on open files.
struct HostExamination {
    private static let leastFreeBytes = 256 << 20

    let configuration: Configuration

    /// Which process has locked the data directory: the gateway that runs here.
    enum Owner: Equatable {
        case nobody
        case process(String)
    }

    func findings() -> [Finding] {
        let owner = Self.owner(of: configuration.dataDirectory)
        return [directory(owner), disk(), openFiles()] + ports(owner)
    }

    // MARK: Data directory

    /// The lock is tried, and given back at once; a file that is not there is not made.
    static func owner(of directory: String) -> Owner {
        let descriptor = open("\(directory)/lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .nobody }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return .nobody }
        let text = (try? HostFile.read("\(directory)/lock")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return .process(text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "?")
    }

    private func directory(_ owner: Owner) -> Finding {
        let path = configuration.dataDirectory
        var status = stat()
        guard stat(path, &status) == 0 else {
            let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            guard access(parent.isEmpty ? "/" : parent, W_OK) == 0 else {
                return .problem(
                    "data",
                    "\(path) does not exist and cannot be made; set dataDirectory to a place this user may write")
            }
            return .ok("data", "\(path) does not exist yet; `serve` makes it")
        }
        guard status.st_mode & S_IFMT == S_IFDIR, access(path, W_OK | X_OK) == 0 else {
            return .problem(
                "data", "\(path) is not a directory that this user may write; check its owner and permissions")
        }
        if status.st_mode & 0o077 != 0 {
            return .warning("data", "\(path) can be entered by other users; run: chmod 700 \(path)")
        }
        switch owner {
        case .nobody: return .ok("data", "\(path) can be written; no gateway runs with it")
        case .process(let pid): return .ok("data", "\(path) can be written; a gateway runs with it (process \(pid))")
        }
    }

    private func disk() -> Finding {
        var status = statvfs()
        let path = access(configuration.dataDirectory, F_OK) == 0 ? configuration.dataDirectory : "."
        guard statvfs(path, &status) == 0 else {
            return .warning("disk", "how much room there is cannot be found out (\(SystemError("statvfs")))")
        }
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        let text = "\(free >> 20) MiB are free for \(configuration.dataDirectory)"
        if free < Self.leastFreeBytes {
            return .problem("disk", "\(text): the private Redis and the spool will soon refuse events; free some space")
        }
        if configuration.spool.enabled, free < configuration.spool.maxBytes {
            return .warning(
                "disk",
                "\(text), less than the spool may take (spool.maxBytes: \(configuration.spool.maxBytes >> 20) MiB)")
        }
        return .ok("disk", text)
    }

    private func openFiles() -> Finding {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return .warning("files", "the limit on open files cannot be found out (\(SystemError("getrlimit")))")
        }
        let wanted = configuration.listen.maxConnections + 256
        guard limit.rlim_max < UInt(wanted) else { return .ok("files", "\(limit.rlim_max) files may be open") }
        return .warning(
            "files",
            "\(limit.rlim_max) files may be open, fewer than listen.maxConnections (\(configuration.listen.maxConnections)) needs; raise the limit (ulimit -Hn, LimitNOFILE=) or lower it"
        )
    }

    // MARK: Ports

    private func ports(_ owner: Owner) -> [Finding] {
        [
            port("listen", configuration.listen.host, configuration.listen.port, owner),
            port("admin", configuration.admin.host, configuration.admin.port, owner),
        ]
    }

    private func port(_ key: String, _ host: String, _ port: Int, _ owner: Owner) -> Finding {
        guard port > 0 else { return .ok("ports", "\(key).port is 0: any free port is taken") }
        do throws(IngestServer.Unavailable) {
            let address = try ListenAddress.resolve(host: host, port: port)
            do throws(SystemError) {
                _ = try Socket.listen(on: address, sharesPort: false)
                return .ok("ports", "\(key): \(address) is free")
            } catch {
                if error.code == EADDRINUSE, case .process(let pid) = owner {
                    return .ok(
                        "ports",
                        "\(key): \(address) is in use, by the gateway that runs here (process \(pid)) as it seems")
                }
                return .problem("ports", ListenAddress.explain(error, address, key: key))
            }
        } catch {
            return .problem("ports", "\(key).host: \(error)")
        }
    }
}
