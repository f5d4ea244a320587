import Verifiers

extension KMSMasterKey {
    /// The keys that `vault.kms` names: the one that wraps, and those that only open.
    @ControlPlane
    static func make(
        _ configuration: KMSConfiguration, environment: [String: String], client: HTTPClient
    ) throws(MasterKeyFailure) -> (current: KMSMasterKey, previous: [KMSMasterKey]) {
        let named = [configuration.region, KMSKeyName(configuration.keyID).region]
        let ofEnvironment = ["AWS_REGION", "AWS_DEFAULT_REGION"].map { environment[$0] }
        guard let region = (named + ofEnvironment).compactMap({ $0 }).first(where: { !$0.isEmpty }) else {
            throw MasterKeyFailure(
                description: "vault.kms: the region is not known; set vault.kms.region, AWS_REGION, or an ARN as keyId")
        }
        if let problem = TextRule.awsRegion.problem(region) {
            throw MasterKeyFailure(description: "vault.kms: the region \(problem); set vault.kms.region")
        }
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        let address: OutboundURL
        do throws(OutboundURL.Malformed) {
            address = try OutboundURL(configuration.endpoint ?? "https://kms.\(region).\(domain)")
        } catch {
            throw MasterKeyFailure(description: "vault.kms.endpoint: \(error)")
        }
        let kms = KMSClient(
            address, region: region, timeout: .seconds(configuration.timeoutSeconds), client: client,
            credentials: AWSCredentialChain(environment, profile: configuration.profile, client: client))
        return (
            KMSMasterKey(configuration.keyID, client: kms),
            configuration.previousKeyIDs.map { KMSMasterKey($0, client: kms) }
        )
    }
}
