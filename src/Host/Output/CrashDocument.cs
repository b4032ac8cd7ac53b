using System.Globalization;
using KvmActors.Host.Inspection;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Paging;

namespace KvmActors.Host.Output;

/// <summary>A crash report in <c>--json</c>. Addresses and registers are hexadecimal strings: JSON numbers end at 2^53.</summary>
internal sealed record CrashDocument(
    int Vcpu,
    string Exit,
    int CodeBits,
    IReadOnlyDictionary<string, string> Registers,
    IReadOnlyDictionary<string, SegmentDocument> Segments,
    IReadOnlyDictionary<string, ControlRegisterDocument> Control,
    IReadOnlyList<string> Rflags,
    string Stack,
    PageWalkDocument RipWalk,
    PageWalkDocument Cr2Walk,
    IReadOnlyList<InstructionDocument> Code)
{
    public static CrashDocument? From(CrashReport? crash) => crash is null
        ? null
        : new CrashDocument(
            crash.VcpuIndex,
            crash.Exit,
            crash.CodeBits,
            RegisterNames.ToDictionary(crash.Registers),
            Inspection.Registers.Segments(crash.SpecialRegisters).ToDictionary(
                segment => segment.Name.ToLowerInvariant(),
                segment => new SegmentDocument(Hex.Of(segment.Value.selector), Hex.Of(segment.Value.@base), Hex.Of(segment.Value.limit), segment.Value.type, segment.Value.dpl)),
            Inspection.Registers.Control(crash.SpecialRegisters).ToDictionary(
                register => register.Name.ToLowerInvariant(), register => new ControlRegisterDocument(Hex.Of(register.Value), register.Flags)),
            RegisterFlags.Rflags(crash.Registers.rflags),
            Convert.ToHexStringLower([.. crash.Stack]),
            PageWalkDocument.From(crash.RipWalk),
            PageWalkDocument.From(crash.Cr2Walk),
            [.. Disassembly.Around(crash).Select(line => new InstructionDocument(Hex.Of(line.Address), line.Bytes, line.Text, line.IsCurrent))]);
}

/// <summary>A segment register.</summary>
internal sealed record SegmentDocument(string Selector, string Base, string Limit, int Type, int Dpl);

/// <summary>A control register and the flags set in it.</summary>
internal sealed record ControlRegisterDocument(string Value, IReadOnlyList<string> Flags);

/// <summary>A translation; <c>physical</c> is null when the address is mapped nowhere.</summary>
internal sealed record PageWalkDocument(string Linear, IReadOnlyList<PageWalkStepDocument> Steps, string? Physical)
{
    public static PageWalkDocument From(PageWalkTrace walk) => new(
        Hex.Of(walk.Linear),
        [.. walk.Steps.Select(step => new PageWalkStepDocument(step.Level, Hex.Of(step.Address), step.Entry is { } entry ? Hex.Of(entry) : null))],
        walk.Physical is { } physical ? Hex.Of(physical) : null);
}

/// <summary>One entry of a translation; <c>entry</c> is null when it is outside memory.</summary>
internal sealed record PageWalkStepDocument(string Level, string Address, string? Entry);

/// <summary>An instruction.</summary>
internal sealed record InstructionDocument(string Address, string Bytes, string Text, bool Current);

/// <summary>Numbers as JSON strings.</summary>
internal static class Hex
{
    public static string Of(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}

/// <summary>Registers as a JSON object.</summary>
internal static class RegisterNames
{
    public static Dictionary<string, string> ToDictionary(Interop.Kvm.Native.kvm_regs registers) =>
        Inspection.Registers.General(registers).ToDictionary(register => register.Name.ToLowerInvariant(), register => Hex.Of(register.Value));
}
