// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A worker's objects stay on its thread. The run-time checks that no two accesses to one of their properties overlap cost
/// a webhook some 2,000 instructions; debug builds, and with them the tests, make them everywhere.
let unchecked: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let package = Package(
    name: "webhook-gateway",
    products: [
        .executable(name: "webhook-gateway", targets: ["WebhookGateway"]),
        .library(name: "Verifiers", targets: ["Verifiers"]),
    ],
    dependencies: [],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        // No `pkgConfig: "hiredis"`: its flags include -D_FILE_OFFSET_BITS=64, which SwiftPM refuses with a warning.
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CVector"),
        // The dashboard's files, by `#embed`.
        .target(name: "CDashboard", exclude: ["web"]),
        .target(name: "Verifiers", dependencies: ["COpenSSL", "CVector"], swiftSettings: strict),
        .executableTarget(
            name: "WebhookGateway",
            dependencies: ["CDashboard", "CLinux", "COpenSSL", "CHiredis", "CVector", "Verifiers"],
            swiftSettings: strict + unchecked
        ),
        .testTarget(name: "VerifierTests", dependencies: ["Verifiers"], swiftSettings: strict),
        .testTarget(name: "GatewayTests", dependencies: ["WebhookGateway", "Verifiers"], swiftSettings: strict),
        .testTarget(
            name: "FuzzTests", dependencies: ["WebhookGateway", "Verifiers"], path: "fuzz",
            exclude: ["corpus", "http.dict"], swiftSettings: strict
        ),
    ],
    cLanguageStandard: .c2x
)
