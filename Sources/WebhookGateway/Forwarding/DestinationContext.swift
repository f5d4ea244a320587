/// What a destination is made from.
@ControlPlane
struct DestinationContext {
    var configuration: DestinationConfiguration
    var client: HTTPClient
    /// Unix milliseconds; a destination asks for the time here, so that its view of "too late" can be tested.
    var unixMilliseconds: @ControlPlane () -> Int64

    init(
        _ configuration: DestinationConfiguration, client: HTTPClient,
        unixMilliseconds: @escaping @ControlPlane () -> Int64 = { Clock.unixMilliseconds() }
    ) {
        self.configuration = configuration
        self.client = client
        self.unixMilliseconds = unixMilliseconds
    }

    var name: String { configuration.name }

    /// What holds for this destination's requests.
    var clientOptions: HTTPClient.Options {
        HTTPClient.Options(
            timeout: .seconds(configuration.timeoutSeconds),
            allowsPrivateAddresses: configuration.allowPrivateAddresses)
    }
}
