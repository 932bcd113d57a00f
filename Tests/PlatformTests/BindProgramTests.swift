// SPDX-License-Identifier: GPL-2.0-or-later
import CLinux
import Testing

/// Tests the eBPF programs that the kernel runs at every bind of the host.
@Suite struct BindProgramTests {
    /// The cookies stand for all network namespaces (0) and for one.
    @Test(arguments: [CLINUX_BIND_IPV4, CLINUX_BIND_IPV6], [0, 1203] as [UInt64])
    func `every path returns 1, which permits the bind`(_ family: Int, _ cookie: UInt64) throws {
        let walk = ProgramWalk(try program(family, cookie: cookie))
        #expect(walk.returnValues == [.one])
        // At least one path for each of: the chosen user, each chosen port, no chosen user or port, another
        // protocol, a full ring buffer.
        #expect(walk.paths >= CLINUX_BIND_PORTS + 4)
        // Every instruction is on some path. The code 0 is the second half of a 64-bit load.
        #expect(walk.visited.count == walk.program.filter { $0.code != 0 }.count)
    }

    /// Tests ``ProgramWalk``, on which the test above relies.
    @Test func `a path that refuses the bind is found`() throws {
        var instructions = try program(CLINUX_BIND_IPV4, cookie: 1203)
        // The last instruction ends the program; the one before it sets the result.
        let resultSetter = instructions.count - 2
        #expect(instructions[resultSetter].immediate == 1)
        instructions[resultSetter].immediate = 0
        #expect(ProgramWalk(instructions).returnValues == [.other])
        instructions[resultSetter].immediate = 1
        // Lets one of the jumps to the end skip the instruction that sets the result.
        let jumpIfNotEqual: UInt8 = 0x55
        let jump = try #require(instructions.firstIndex { $0.code == jumpIfNotEqual })
        instructions[jump].offset += 1
        #expect(ProgramWalk(instructions).returnValues == [.one, .other])
    }

    @Test func `without room for a program nothing is written`() {
        var settings = clinux_bind_settings(
            namespace_cookie: 1, ring: 3, choice: 4, family: UInt32(CLINUX_BIND_IPV4))
        var count = 0
        var instructions = [clinux_instruction](
            repeating: clinux_instruction(), count: Int(CLINUX_BIND_PROGRAM) - 1)
        #expect(clinux_bind_program(&settings, &instructions, instructions.count, &count) == -28)  // -ENOSPC
        #expect(count == 0)
    }

    /// The program for a family. The descriptors in it (`ring`, `choice`) are arbitrary numbers: it is not loaded.
    private func program(_ family: Int, cookie: UInt64) throws -> [clinux_instruction] {
        var settings = clinux_bind_settings(
            namespace_cookie: cookie, ring: 3, choice: 4, family: UInt32(family))
        var count = 0
        var instructions = [clinux_instruction](
            repeating: clinux_instruction(), count: Int(CLINUX_BIND_PROGRAM))
        try #require(clinux_bind_program(&settings, &instructions, instructions.count, &count) == 0)
        return Array(instructions[..<count])
    }
}

/// Follows all paths through a program, and collects the values that they return.
private struct ProgramWalk {
    enum ReturnValue: Hashable { case one, other }

    let program: [clinux_instruction]
    private(set) var returnValues: Set<ReturnValue> = []
    private(set) var visited: Set<Int> = []
    private(set) var paths = 0

    init(_ program: [clinux_instruction]) {
        self.program = program
        walk(from: 0, value: .other)
    }

    /// Follows the paths from an instruction on; `value` is the content of register 0 there. A path that
    /// runs past the end of the program, jumps backwards or reaches an unknown instruction counts as
    /// returning `other`.
    private mutating func walk(from start: Int, value: ReturnValue) {
        var (place, value) = (start, value)
        while program.indices.contains(place) {
            let instruction = program[place]
            visited.insert(place)
            let destination = instruction.registers & 0x0F
            switch instruction.code {
            case 0x95:  // exit
                returnValues.insert(value)
                paths += 1
                return
            case 0x05:  // jump always
                guard instruction.offset >= 0 else { return refuse() }
                place += 1 + Int(instruction.offset)
                continue
            case 0x15, 0x1D, 0x55, 0x5D:  // jump if equal, if not equal
                guard instruction.offset >= 0 else { return refuse() }
                walk(from: place + 1 + Int(instruction.offset), value: value)
                place += 1
                continue
            case 0x18:  // load a 64-bit constant or a map; takes two instructions
                if destination == 0 { value = .other }
                place += 2
                continue
            case 0x85: value = .other  // a call returns its result in register 0
            case 0xB7:  // load a constant
                if destination == 0 { value = instruction.immediate == 1 ? .one : .other }
            case 0xBF, 0xBC, 0x61, 0x69:  // moves and loads
                if destination == 0 { value = .other }
            case 0x63: break  // a store
            default: return refuse()
            }
            place += 1
        }
        refuse()
    }

    private mutating func refuse() { returnValues.insert(.other) }
}
