// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
public import Platform

/// Runs nft's commands with libnftables in this process, which is faster than a process for each command.
///
/// Not for concurrent use.
public final class NftLibrary {
    private let namespace: NetworkNamespace
    private let context: OpaquePointer
    private let library: Library

    /// Commands apply to this namespace, which is verified to differ from the host's.
    public init(in namespace: NetworkNamespace) throws {
        self.namespace = namespace
        let library = try Library.shared.get()
        self.library = library
        context = try Self.exclusively(in: namespace) { () throws(any Error) -> OpaquePointer in
            let defaultFlags: UInt32 = 0  // NFT_CTX_DEFAULT
            guard let context = library.make(defaultFlags) else {
                throw SystemError("make an nft context", code: ENOMEM)
            }
            _ = library.bufferOutput(context)
            _ = library.bufferErrors(context)
            return context
        }
    }

    deinit { Self.lock.withLock { library.free(context) } }

    /// The ruleset as nft lists it, without the values of counters and the like.
    public func listing() throws -> String { try run("list ruleset", flags: Self.stateless) }

    /// NFT_CTX_OUTPUT_STATELESS.
    private static let stateless: UInt32 = 1 << 2

    /// Runs commands and returns their output. Throws ``CommandFailure`` when one fails.
    @discardableResult
    public func run(_ commands: String) throws -> String { try run(commands, flags: 0) }

    private func run(_ commands: String, flags: UInt32) throws -> String {
        try Self.exclusively(in: namespace) { () throws(any Error) -> String in
            library.setFlags(context, flags)
            let status = library.run(context, commands)
            let output = library.output(context).map { String(cString: $0) } ?? ""
            let errors = library.errors(context).map { String(cString: $0) } ?? ""
            guard status == 0 else {
                throw CommandFailure(
                    command: "nft\n\(commands)", status: status, output: output, errors: errors)
            }
            return output
        }
    }

    /// Allows one call at a time, because all contexts of libnftables share one list of interfaces.
    private static let lock = NSLock()

    private static func exclusively<Result>(
        in namespace: NetworkNamespace, _ body: () throws(any Error) -> Result
    ) throws -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try namespace.run { () throws(any Error) -> Result in
            try HostGuard.check()
            return try body()
        }
    }
}

/// The functions of libnftables that are used here.
private struct Library: Sendable {
    let make: @convention(c) @Sendable (UInt32) -> OpaquePointer?
    let free: @convention(c) @Sendable (OpaquePointer) -> Void
    let bufferOutput: @convention(c) @Sendable (OpaquePointer) -> CInt
    let bufferErrors: @convention(c) @Sendable (OpaquePointer) -> CInt
    let output: @convention(c) @Sendable (OpaquePointer) -> UnsafePointer<CChar>?
    let errors: @convention(c) @Sendable (OpaquePointer) -> UnsafePointer<CChar>?
    let setFlags: @convention(c) @Sendable (OpaquePointer, UInt32) -> Void
    let run: @convention(c) @Sendable (OpaquePointer, UnsafePointer<CChar>) -> CInt

    static let shared = Result { try Library() }

    private init() throws {
        guard let handle = dlopen("libnftables.so.1", RTLD_NOW) else {
            throw SystemError("load libnftables.so.1, which comes with nft", code: ENOENT)
        }
        func find<Function>(_ name: String, as type: Function.Type) throws -> Function {
            guard let symbol = dlsym(handle, name) else {
                throw SystemError("find \(name) in libnftables", code: ENOENT)
            }
            return unsafeBitCast(symbol, to: type)
        }
        make = try find("nft_ctx_new", as: type(of: make))
        free = try find("nft_ctx_free", as: type(of: free))
        bufferOutput = try find("nft_ctx_buffer_output", as: type(of: bufferOutput))
        bufferErrors = try find("nft_ctx_buffer_error", as: type(of: bufferErrors))
        output = try find("nft_ctx_get_output_buffer", as: type(of: output))
        errors = try find("nft_ctx_get_error_buffer", as: type(of: errors))
        setFlags = try find("nft_ctx_output_set_flags", as: type(of: setFlags))
        run = try find("nft_run_cmd_from_buffer", as: type(of: run))
    }
}
