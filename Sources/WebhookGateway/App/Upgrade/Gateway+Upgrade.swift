import Glibc

/// How one gateway takes over from another: this one's part when it is the new one.
extension Gateway {
    /// The gateway that runs on the data directory; nil when there is none, and then this is a start like any other.
    func findRunning() throws -> Takeover? {
        var takeover: Takeover?
        if access(configuration.dataDirectory, F_OK) == 0 {
            let path = try DataDirectory.socket(ControlProtocol.socketName, in: configuration.dataDirectory)
            takeover = try Takeover(path: path)
        }
        if let takeover {
            log.info("taking over", ["from": .integer(Int64(takeover.process))])
        } else {
            log.info("no gateway runs on the data directory: nothing to take over")
        }
        return takeover
    }

    /// Everything serves: the other gateway may go.
    func commit(_ takeover: Takeover) throws {
        var names: [String] = []
        if ingest?.isInherited == true { names.append(ListeningSockets.Purpose.listen.rawValue) }
        if isAdminInherited { names.append(ListeningSockets.Purpose.admin.rawValue) }
        let adoptsRedis = takeover.offersRedis && privateRedis != nil
        if adoptsRedis { names.append(ControlProtocol.redis) }
        try takeover.commit(names)
        if adoptsRedis { privateRedis?.takeOver() }
    }

    /// Without it the gateway serves as well; it only cannot be replaced without a gap.
    func makeControl(in dataDirectory: String, after takeover: Takeover?) throws -> ControlSocket? {
        let path = try DataDirectory.socket(ControlProtocol.socketName, in: dataDirectory)
        do throws(SystemError) {
            if let takeover {
                return try ControlSocket(inherited: takeover.control, path: path, owner: self, log: log)
            }
            return try ControlSocket(path: path, owner: self, log: log)
        } catch {
            log.warning(
                "serve --takeover will not find this gateway",
                ["path": .text(path), "reason": .text(error.description)])
            return nil
        }
    }
}

/// This one's part when it is the one that goes.
extension Gateway: ControlSocket.Owner {
    func offer() async -> [(name: String, descriptor: Int32?)]? {
        guard !isStopping, let lockDescriptor else { return nil }
        var offer: [(name: String, descriptor: Int32?)] = [(ControlProtocol.lock, lockDescriptor)]
        for worker in ingest?.workers ?? [] {
            for socket in await worker.sockets() { offer.append((ListeningSockets.Purpose.listen.rawValue, socket)) }
        }
        for socket in adminListener?.descriptors ?? [] {
            offer.append((ListeningSockets.Purpose.admin.rawValue, socket))
        }
        if privateRedis != nil { offer.append((ControlProtocol.redis, nil)) }
        return offer
    }

    func suspend(_ names: Set<String>) async {
        if names.contains(ListeningSockets.Purpose.listen.rawValue) {
            for worker in ingest?.workers ?? [] { await worker.suspend() }
        }
        if names.contains(ListeningSockets.Purpose.admin.rawValue) { adminListener?.suspend() }
    }

    func resume() async {
        for worker in ingest?.workers ?? [] { worker.resume() }
        adminListener?.resume()
    }

    func handOver(_ names: Set<String>) async {
        guard !isStopping else { return }
        handedOver = names
        if names.contains(ListeningSockets.Purpose.listen.rawValue) {
            for worker in ingest?.workers ?? [] { await worker.handOver() }
        }
        if names.contains(ListeningSockets.Purpose.admin.rawValue) { adminListener?.handOver() }
        if names.contains(ControlProtocol.redis) { privateRedis?.handOver() }
        log.info("handed over; finishing what is under way")
        requestStop()
    }
}
