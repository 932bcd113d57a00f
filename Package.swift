// swift-tools-version: 6.2
// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import PackageDescription

/// A third-party package that is linked into the programs: the copy in `dependencies/`, if that exists, otherwise the
/// version at `url`. The archive made by `scripts/package --source` has such copies; scripts/lib/dependencies.txt has
/// the checksums of the contents.
func thirdParty(_ url: String, _ version: Version) -> Package.Dependency {
    let name = url.split(separator: "/").last.map(String.init) ?? url
    let copy = "\(Context.packageDirectory)/dependencies/\(name)"
    let isThere = FileManager.default.fileExists(atPath: copy)
    return isThere ? .package(path: copy) : .package(url: url, exact: version)
}

/// Settings of all Swift targets.
let common: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Settings of the Swift targets that ship, and of the benches.
let strict = [SwiftSetting.strictMemorySafety()] + common

/// Settings of the tests. Strict memory safety would require `unsafe` in too many lines. The cross-import overlay of
/// Testing and Foundation is disabled, because Debian's package of Swift lacks its library.
let testing = common + [SwiftSetting.unsafeFlags(["-Xfrontend", "-disable-cross-import-overlays"])]

/// Settings of all C targets. _FORTIFY_SOURCE has no effect without optimisation.
let strictC: [CSetting] = [
    .treatAllWarnings(as: .error),
    .enableWarning("all"),
    .enableWarning("extra"),
    .define("_FORTIFY_SOURCE", to: "3", .when(configuration: .release)),
]

/// `TEREDOWALL_TESTS=PlannerTests,KernelTests` leaves the other test targets, and the programs that only tests and
/// benches run, out of the build; `scripts/test --filter` sets it.
let wantedTests = Context.environment["TEREDOWALL_TESTS"].map {
    Set($0.split(separator: ",").map(String.init))
}

/// Whether the target is part of the build.
func isWanted(_ target: Target) -> Bool {
    guard let wantedTests else { return true }
    if target.type == .test { return wantedTests.contains(target.name) }
    // The test target that needs each of these programs; empty for the benches, which no test needs.
    let testsOfProgram = [
        "swapbench": "", "refreshbench": "", "bindbench": "", "conformance": "TeredoPortABITests",
        "control-fixture": "ControlTests",
    ]
    return testsOfProgram[target.name].map { wantedTests.contains($0) } ?? true
}

/// A test target, in the folder Tests/NAME.
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

/// Options for linking libteredoport.so: it contains the Swift runtime, so that C programs need no other library, and
/// exports only the functions named in teredoport.map.
let sharedLibraryOptions = [
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
    // A package that uses only the library depends on this one with `traits: []`: SwiftPM then does not fetch the
    // packages of the programs.
    traits: [
        .trait(name: "Programs", description: "The daemon and the command, with the packages that they use."),
        .default(enabledTraits: ["Programs"]),
    ],
    dependencies: [
        thirdParty("https://github.com/apple/swift-argument-parser", "1.8.2"),
        thirdParty("https://github.com/apple/swift-log", "1.16.2"),
    ],
    targets: [
        .target(name: "CLinux", cSettings: strictC),
        .target(
            name: "CNftables", cSettings: strictC,
            linkerSettings: [.linkedLibrary("nftnl"), .linkedLibrary("mnl")]),
        // The target loads libsystemd at run time (dlopen), so that the build needs only its header.
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
            linkerSettings: [.unsafeFlags(sharedLibraryOptions)]),
        .target(name: "Planner", dependencies: ["Nftables", "TeredoProtocol"], swiftSettings: strict),
        .target(
            name: "Firewalls", dependencies: ["Bus", "Nftables", "Planner", "Platform", "TeredoProtocol"],
            swiftSettings: strict),
        .target(
            name: "Control", dependencies: ["Configuration", "Planner", "Platform"], swiftSettings: strict),
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
                "Administration", "Configuration", "Control", "Platform", "TeredoPort", "TeredoProtocol",
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
        // The conformance suite in C, linked statically with the library, so that scripts/sanitize checks both.
        // TeredoPortABITests compile the same sources against the shared library as it is installed.
        .executableTarget(
            name: "conformance", dependencies: ["CTeredoPort", "TeredoPortABI"], path: "Tests/Conformance",
            exclude: ["cplusplus.cc", "layout", "unload", "windows"], cSettings: strictC),
        test("TeredoPortABITests", ["CTeredoPort", "Platform", "TeredoPort", "TeredoPortABI"]),
        .executableTarget(
            name: "control-fixture", dependencies: ["Control", "Platform"], path: "Tests/ControlFixture",
            swiftSettings: testing),
        test(
            "ControlTests", ["Configuration", "Control", "Platform", "control-fixture"],
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
                "Platform", "teredowall", "teredowalld",
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
