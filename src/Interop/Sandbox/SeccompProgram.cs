using KvmActors.Interop.Sandbox.Native;

namespace KvmActors.Interop.Sandbox;

/// <summary>
/// Builds a seccomp filter: classic BPF over <c>struct seccomp_data</c> (seccomp(2), <c>linux/filter.h</c>). Rules are looked at in
/// order; one whose system call matches decides.
/// </summary>
/// <param name="refused">What is returned for system calls without a rule: SECCOMP_RET_….</param>
internal sealed class SeccompProgram(uint refused)
{
    private const ushort LoadWord = 0x20, JumpIfEqual = 0x15, JumpIfAtLeast = 0x35, JumpIfAnyBit = 0x45, And = 0x54, Return = 0x06;
    private const uint NumberOffset = 0, ArchitectureOffset = 4, ArgumentsOffset = 16;

    // x32 calls come with the same architecture and this bit in their number (asm/unistd.h).
    private const uint X32Bit = 0x40000000;

    private readonly List<sock_filter> _code =
    [
        Load(ArchitectureOffset),
        Jump(JumpIfEqual, SandboxApi.AUDIT_ARCH_X86_64, then: 1, otherwise: 0),
        Statement(Return, refused),
        Load(NumberOffset),
        Jump(JumpIfAtLeast, X32Bit, then: 0, otherwise: 1),
        Statement(Return, refused),
    ];

    /// <summary>Returns something for a system call, whatever its arguments.</summary>
    public void Add(int number, uint result) => _code.AddRange([Jump(JumpIfEqual, (uint)number, then: 0, otherwise: 1), Statement(Return, result)]);

    /// <summary>Allows a system call when the lower half of an argument is one of some values.</summary>
    /// <param name="number">The call.</param>
    /// <param name="argument">Which argument, from 0.</param>
    /// <param name="values">The values.</param>
    public void AllowWhere(int number, int argument, params ReadOnlySpan<uint> values)
    {
        var body = new List<sock_filter> { LoadArgument(argument) };
        foreach (var value in values)
        {
            body.AddRange([Jump(JumpIfEqual, value, then: 0, otherwise: 1), Statement(Return, SandboxApi.SECCOMP_RET_ALLOW)]);
        }

        AddBody(number, body);
    }

    /// <summary>Allows a system call when some bits of an argument are all set and others are not.</summary>
    public void AllowBits(int number, int argument, uint set, uint clear) => AddBody(number,
    [
        LoadArgument(argument),
        Jump(JumpIfAnyBit, clear, then: 2, otherwise: 0),
        Jump(JumpIfAnyBit, set, then: 0, otherwise: 1),
        Statement(Return, SandboxApi.SECCOMP_RET_ALLOW),
    ]);

    /// <summary>Allows ioctl(2) for some requests, and for those of a type (<c>asm-generic/ioctl.h</c>) with a number in a range.</summary>
    /// <param name="number">ioctl's.</param>
    /// <param name="type">The type, bits 8 to 15 of a request.</param>
    /// <param name="from">The lowest number, bits 0 to 7 of a request.</param>
    /// <param name="to">The highest.</param>
    /// <param name="requests">Requests that are allowed as they are.</param>
    public void AllowIoctl(int number, uint type, uint from, uint to, params ReadOnlySpan<uint> requests)
    {
        var body = new List<sock_filter>
        {
            // The range first: KVM_RUN is in it, and every exit passes here.
            LoadArgument(1),
            Statement(And, 0xFFFF),
            Jump(JumpIfAtLeast, (type << 8) | from, then: 0, otherwise: 2),
            Jump(JumpIfAtLeast, ((type << 8) | to) + 1, then: 1, otherwise: 0),
            Statement(Return, SandboxApi.SECCOMP_RET_ALLOW),
            LoadArgument(1),
        };
        foreach (var request in requests)
        {
            body.AddRange([Jump(JumpIfEqual, request, then: 0, otherwise: 1), Statement(Return, SandboxApi.SECCOMP_RET_ALLOW)]);
        }

        AddBody(number, body);
    }

    /// <summary>The whole program.</summary>
    public sock_filter[] Build() => [.. _code, Statement(Return, refused)];

    private void AddBody(int number, List<sock_filter> body)
    {
        body.Add(Statement(Return, refused));
        _code.Add(Jump(JumpIfEqual, (uint)number, then: 0, otherwise: checked((byte)body.Count)));
        _code.AddRange(body);
    }

    private static sock_filter Load(uint offset) => Statement(LoadWord, offset);

    private static sock_filter LoadArgument(int argument) => Load(ArgumentsOffset + ((uint)argument * sizeof(ulong)));

    private static sock_filter Statement(ushort code, uint operand) => new() { code = code, k = operand };

    private static sock_filter Jump(ushort code, uint operand, byte then, byte otherwise) =>
        new() { code = code, jt = then, jf = otherwise, k = operand };
}
