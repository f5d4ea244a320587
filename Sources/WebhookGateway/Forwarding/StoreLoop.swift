/// A round of work on the store that is done again and again while Redis is there, until it is stopped.
@ControlPlane
final class StoreLoop {
    /// Does the work once; answers how long to wait until it is due again.
    typealias Round = @ControlPlane () async throws(RedisFailure) -> Duration

    private let link: StoreLink
    private let signal = Signal()
    private var task: Task<Void, Never>?
    /// Whether a round that takes long shall end early.
    private(set) var isStopping = false

    init(_ link: StoreLink) { self.link = link }

    func start(_ round: @escaping Round) {
        guard task == nil else { return }
        task = Task { @ControlPlane in await self.run(round) }
    }

    /// Has the next round begin at once.
    func hurry() { signal.raise() }

    /// Returns when the round that is under way has ended.
    func stop() async {
        isStopping = true
        signal.raise()
        await task?.value
    }

    private func run(_ round: Round) async {
        while !isStopping {
            await link.untilReady()
            guard !isStopping else { return }
            do throws(RedisFailure) {
                await signal.wait(atMost: try await round())
            } catch {
                await link.recover(from: error)
            }
        }
    }
}
