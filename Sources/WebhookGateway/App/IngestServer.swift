import Glibc
import Verifiers

/// The ingest workers of one process and the port that they share.
struct IngestServer: Sendable {
    /// Why the port cannot be served.
    struct Unavailable: Error, CustomStringConvertible {
        var description: String
    }

    let workers: [WorkerHandle]
    /// Where providers post to, with the port that the system chose for port 0.
    let address: SocketAddress
    /// Whether sockets of a process before this one are served.
    let isInherited: Bool

    /// Binds once a worker, where there is no socket yet, and starts the threads.
    ///
    /// - Parameter inherited: sockets that listen already.
    static func start(_ plan: WorkerPlan, _ inherited: inout ListeningSockets) throws(Unavailable) -> IngestServer {
        let listen = plan.listen
        let count = listen.workers > 0 ? listen.workers : defaultWorkerCount()
        var address = try ListenAddress.resolve(host: listen.host, port: listen.port)
        let given = inherited.take(.listen, at: address)
        var workers: [WorkerHandle] = []
        let shares = WorkerShares(listen, largestBody: plan.largestBody, workers: count)
        if shares.limits.maxConnections * count < listen.maxConnections, count <= listen.maxConnections {
            plan.log.info(
                "fewer connections than listen.maxConnections; raise the limit on open files (ulimit -n)",
                ["connections": .number(shares.limits.maxConnections * count), "openFiles": .number(OpenFiles.limit)])
        }
        for index in 0..<count {
            do throws(SystemError) {
                let sockets = try sockets(of: index, among: count, given, inherited.origin, address)
                if let bound = try Socket.localAddress(sockets[0]) { address = bound }
                workers.append(try WorkerHandle.start(plan, shares: shares, sockets: sockets, index: index))
            } catch {
                throw Unavailable(description: ListenAddress.explain(error, address, key: "listen"))
            }
        }
        return IngestServer(workers: workers, address: address, isInherited: !given.isEmpty)
    }

    /// A worker's sockets: those given are dealt out. A worker without one opens its own on the same port, or, when
    /// systemd bound it for us alone, shares one.
    private static func sockets(
        of worker: Int, among count: Int, _ given: [Int32], _ origin: ListeningSockets.Origin, _ address: SocketAddress
    ) throws(SystemError) -> [Int32] {
        let own = stride(from: worker, to: given.count, by: count).map { given[$0] }
        if !own.isEmpty { return own }
        guard origin == .systemd, !given.isEmpty else {
            return [try Socket.listen(on: address, sharesPort: true).release()]
        }
        let copy = fcntl(given[worker % given.count], F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemError("fcntl") }
        return [copy]
    }

    /// One a core; on small machines one core is left to Redis, which is the larger half of the work.
    private static func defaultWorkerCount() -> Int {
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        return cores <= 4 ? max(1, cores - 1) : cores
    }
}

/// Turns `host` and `port` of the configuration into an address to listen on.
enum ListenAddress {
    static func resolve(host: String, port: Int) throws(IngestServer.Unavailable) -> SocketAddress {
        if let address = IPAddress(host) { return .ip(address, port: UInt16(clamping: port)) }
        switch Resolver.lookUp(host, port: UInt16(clamping: port)) {
        case .success(let addresses): return addresses[0]
        case .failure(let failure): throw IngestServer.Unavailable(description: failure.description)
        }
    }

    /// What is wrong and what to do about it.
    static func explain(_ error: SystemError, _ address: SocketAddress, key: String) -> String {
        let remedy =
            switch error.code {
            case EADDRINUSE: "another process listens there; stop it or set \(key).port"
            case EACCES: "ports below 1024 need privileges (CAP_NET_BIND_SERVICE); set \(key).port to a higher one"
            case EADDRNOTAVAIL: "this machine has no such address; set \(key).host"
            default: "check \(key).host and \(key).port"
            }
        return "cannot listen on \(address): \(error); \(remedy)"
    }
}
