// swift-tools-version: 6.2
// SPDX-License-Identifier: GPL-2.0-or-later
import PackageDescription

#if canImport(Glibc)
    import Glibc
#endif

/// A package that is built into the programs. Its contents are pinned in scripts/lib/dependencies.txt; the archive that
/// `scripts/package --source` makes has them inside.
func foreign(_ url: String, _ version: Version) -> Package.Dependency {
    let name = url.split(separator: "/").last.map(String.init) ?? url
    let inside = "\(Context.packageDirectory)/dependencies/\(name)"
    return access(inside, F_OK) == 0 ? .package(path: inside) : .package(url: url, exact: version)
}

/// Settings of every Swift target that ships.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Tests go without strict memory safety, which is noise there, and without the overlay of Testing for Foundation, whose
/// library Debian's package lacks.
let testing =
    Array(strict.dropFirst()) + [SwiftSetting.unsafeFlags(["-Xfrontend", "-disable-cross-import-overlays"])]

let strictC: [CSetting] = [
    .treatAllWarnings(as: .error),
    .enableWarning("all"),
    .enableWarning("extra"),
    .define("_FORTIFY_SOURCE", to: "3", .when(configuration: .release)),
]

/// `TEREDOWALL_TESTS=PlannerTests,KernelTests` leaves the other test targets, and the programs that only tests and benches
/// run, out of the build; `scripts/test --filter` sets it.
let wantedTests = Context.environment["TEREDOWALL_TESTS"].map {
    Set($0.split(separator: ",").map(String.init))
}

func isWanted(_ target: Target) -> Bool {
    guard let wantedTests else { return true }
    if target.type == .test { return wantedTests.contains(target.name) }
    let users = [
        "swapbench": "", "refreshbench": "", "bindbench": "", "conformance": "TeredoPortABITests",
        "control-fixture": "ControlTests",
    ]
    return users[target.name].map { wantedTests.contains($0) } ?? true
}

func test(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [],
    exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TeredoProtocol", "TestSupport"], exclude: exclude,
        resources: resources,
        swiftSettings: testing
    )
}

/// How libteredoport.so is put together: it brings its Swift runtime along, so that C programs need nothing else, and
/// shows nothing but its functions.
let sharedLibrary = [
    "-static-stdlib", "-Xlinker", "-soname=libteredoport.so.1", "-Xlinker",
    "--version-script=\(Context.packageDirectory)/Sources/CTeredoPort/teredoport.map",
]

let package = Package(
    name: "teredowall",
    products: [
        .executable(name: "teredowalld", targets: ["teredowalld"]),
        .executable(name: "teredowall", targets: ["teredowall"]),
        .library(name: "TeredoPort", targets: ["TeredoPort"]),
        .library(name: "teredoport", type: .dynamic, targets: ["TeredoPortLibrary"]),
    ],
    // A package that uses the library says `traits: []`, and fetches nothing of what the programs need.
    traits: [
        .trait(name: "Programs", description: "The daemon and the command, with the packages that they use."),
        .default(enabledTraits: ["Programs"]),
    ],
    dependencies: [
        foreign("https://github.com/apple/swift-argument-parser", "1.8.2"),
        foreign("https://github.com/apple/swift-log", "1.16.2"),
    ],
    targets: [
        .target(name: "CLinux", cSettings: strictC),
        .target(
            name: "CNftables", cSettings: strictC,
            linkerSettings: [.linkedLibrary("nftnl"), .linkedLibrary("mnl")]),
        // libsystemd is loaded when firewalld is there; only its header is needed to build.
        .target(name: "CBus", cSettings: strictC),
        .target(name: "TeredoProtocol", swiftSettings: strict),
        .target(name: "Platform", dependencies: ["CLinux", "TeredoProtocol"], swiftSettings: strict),
        .target(name: "Bus", dependencies: ["CBus", "Platform"], swiftSettings: strict),
        .target(
            name: "Nftables", dependencies: ["CNftables", "Platform", "TeredoProtocol"],
            swiftSettings: strict),
        .target(name: "TeredoPort", dependencies: ["Platform", "TeredoProtocol"], swiftSettings: strict),
        .target(name: "CTeredoPort", cSettings: strictC),
        .target(
            name: "TeredoPortABI", dependencies: ["CTeredoPort", "Platform", "TeredoPort"],
            swiftSettings: strict),
        .target(
            name: "TeredoPortLibrary", dependencies: ["TeredoPortABI"], swiftSettings: strict,
            linkerSettings: [.unsafeFlags(sharedLibrary)]),
        .target(name: "Planner", dependencies: ["Nftables", "TeredoProtocol"], swiftSettings: strict),
        .target(
            name: "Firewalls", dependencies: ["Bus", "Nftables", "Planner", "Platform", "TeredoProtocol"],
            swiftSettings: strict),
        .target(name: "Control", dependencies: ["Platform"], swiftSettings: strict),
        .target(
            name: "Configuration", dependencies: ["Planner", "Platform"], swiftSettings: strict),
        .target(
            name: "Administration",
            dependencies: [
                "Configuration", "Control", "Firewalls", "Nftables", "Planner", "Platform", "TeredoPort",
                "TeredoProtocol",
            ],
            swiftSettings: strict),
        .target(
            name: "Daemon",
            dependencies: [
                "Configuration", "Control", "Firewalls", "Nftables", "Planner", "Platform", "TeredoPort",
                "TeredoProtocol",
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Programs"])),
            ],
            swiftSettings: strict),
        .executableTarget(name: "teredowalld", dependencies: ["Daemon"], swiftSettings: strict),
        .executableTarget(
            name: "teredowall",
            dependencies: [
                "Administration", "Configuration", "Control", "Platform", "TeredoPort",
                .product(
                    name: "ArgumentParser", package: "swift-argument-parser",
                    condition: .when(traits: ["Programs"])),
            ],
            swiftSettings: strict),
        .target(name: "CSupport", path: "Tests/CSupport", cSettings: strictC),
        .executableTarget(
            name: "swapbench", dependencies: ["Nftables"], path: "Tests/Bench/swapbench",
            swiftSettings: strict),
        .executableTarget(
            name: "bindbench", dependencies: ["Platform", "TeredoPort"], path: "Tests/Bench/bindbench",
            swiftSettings: strict),
        .executableTarget(
            name: "refreshbench",
            dependencies: ["Planner", "Firewalls", "Nftables", "Platform", "TeredoProtocol"],
            path: "Tests/Bench/refreshbench", swiftSettings: strict),
        .target(
            name: "TestSupport",
            dependencies: ["CNftables", "CSupport", "Nftables", "Platform", "TeredoProtocol"],
            path: "Tests/Support",
            swiftSettings: testing),
        test("TeredoProtocolTests", []),
        test("PlatformTests", ["CLinux", "CSupport", "Platform"]),
        test("NftablesTests", ["CNftables", "Nftables", "Platform"]),
        test("TeredoPortTests", ["TeredoPort", "Platform"]),
        // The C suite with the library inside, for sanitizers. The tests build it with nothing but the installed library.
        .executableTarget(
            name: "conformance", dependencies: ["CTeredoPort", "TeredoPortABI"], path: "Tests/Conformance",
            exclude: ["cplusplus.cc", "layout", "unload", "windows"], cSettings: strictC),
        test("TeredoPortABITests", ["CTeredoPort", "Platform", "TeredoPort", "TeredoPortABI"]),
        .executableTarget(
            name: "control-fixture", dependencies: ["Control", "Platform"], path: "Tests/ControlFixture",
            swiftSettings: testing),
        test(
            "ControlTests", ["Control", "Platform", "control-fixture"],
            resources: [.copy("Resources/independent-client.py")]),
        test("PlannerTests", ["Nftables", "Planner"]),
        test("FirewallsTests", ["Bus", "Firewalls", "Nftables", "Planner", "Platform"]),
        test("ConfigurationTests", ["Configuration", "Planner"]),
        test("AdministrationTests", ["Administration", "Nftables", "Planner"]),
        test(
            "DaemonTests",
            [
                "CSupport", "Configuration", "Control", "Daemon", "Firewalls", "Nftables", "Planner",
                "Platform",
                "TeredoPort",
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Programs"])),
            ]),
        test(
            "CommandLineTests",
            [
                "Administration", "Configuration", "teredowall", "Control",
                .product(
                    name: "ArgumentParser", package: "swift-argument-parser",
                    condition: .when(traits: ["Programs"])),
            ]),
        test(
            "KernelTests",
            [
                "Administration", "CNftables", "Firewalls", "Planner", "Nftables", "TeredoPort",
                "Platform", "teredowall",
            ]),
        test(
            "FirewalldTests",
            ["Bus", "Firewalls", "Planner", "Nftables", "Platform", "teredowall", "teredowalld"]),
        test("RulesetTests", ["Administration", "Firewalls", "Nftables", "Planner", "Platform"]),
        test("EndToEndTests", ["Platform"]),
        test("SystemTests", ["Configuration", "Daemon"]),
    ].filter(isWanted)
)

// The library that scripts/fuzz links with libFuzzer; it is not built otherwise.
if Context.environment["TEREDOWALL_FUZZ"] != nil {
    package.products.append(.library(name: "fuzzers", type: .static, targets: ["Fuzzers"]))
    package.targets.append(
        .target(
            name: "Fuzzers", dependencies: ["Configuration", "Control", "Planner"],
            path: "Tests/Fuzz/Fuzzers",
            swiftSettings: testing))
}
