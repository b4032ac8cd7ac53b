using System.Globalization;
using KvmActors.Host.Inspection;
using KvmActors.Interop.Kvm.Native;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Paging;

namespace KvmActors.Host.Output;

/// <summary>A crash report in <c>--json</c>. Addresses and registers are hexadecimal strings: JSON numbers end at 2^53.</summary>
internal sealed record CrashDocument
{
    public required int Vcpu { get; init; }

    public required string Exit { get; init; }

    /// <summary>How many instructions the vCPU had executed; null on KVM, which does not count them.</summary>
    public required ulong? Instructions { get; init; }

    public required int CodeBits { get; init; }

    public required IReadOnlyDictionary<string, string> Registers { get; init; }

    public required IReadOnlyDictionary<string, SegmentDocument> Segments { get; init; }

    public required IReadOnlyDictionary<string, ControlRegisterDocument> Control { get; init; }

    public required IReadOnlyList<string> Rflags { get; init; }

    public required string Stack { get; init; }

    public required PageWalkDocument RipWalk { get; init; }

    public required PageWalkDocument Cr2Walk { get; init; }

    public required IReadOnlyList<InstructionDocument> Code { get; init; }

    public required IReadOnlyList<FrameDocument> Backtrace { get; init; }

    /// <summary>The newest branches, oldest first; empty on KVM.</summary>
    public required IReadOnlyList<BranchDocument> Branches { get; init; }

    /// <summary>The user program whose state all this is; null when it is the vCPU's own.</summary>
    public required ProgramDocument? Program { get; init; }

    public static CrashDocument? From(CrashReport? crash) => crash is null ? null : new CrashDocument
    {
        Vcpu = crash.VcpuIndex,
        Exit = crash.Exit,
        Instructions = crash.Instructions,
        CodeBits = crash.CodeBits,
        Registers = RegisterNames.ToDictionary(crash.Registers),
        Segments = Inspection.Registers.Segments(crash.SpecialRegisters).ToDictionary(
            segment => segment.Name.ToLowerInvariant(), segment => SegmentDocument.From(segment.Value)),
        Control = Inspection.Registers.Control(crash.SpecialRegisters).ToDictionary(
            register => register.Name.ToLowerInvariant(), register => new ControlRegisterDocument(Hex.Of(register.Value), register.Flags)),
        Rflags = RegisterFlags.Rflags(crash.Registers.rflags),
        Stack = Convert.ToHexStringLower([.. crash.Stack]),
        RipWalk = PageWalkDocument.From(crash.RipWalk),
        Cr2Walk = PageWalkDocument.From(crash.Cr2Walk),
        Code = [.. Disassembly.Around(crash).Select(line => new InstructionDocument(Hex.Of(line.Address), line.Bytes, line.Text, line.IsCurrent))],
        Backtrace = [.. NamedBacktrace.Of(crash).Select(frame => new FrameDocument(Hex.Of(frame.Address), frame.Symbol, frame.OriginText))],
        Branches = [.. NamedBranches.Of(crash).Select(branch => new BranchDocument(Hex.Of(branch.From), branch.FromSymbol, Hex.Of(branch.To), branch.ToSymbol))],
        Program = ProgramDocument.From(crash),
    };
}

/// <summary>A frame of a backtrace; <c>symbol</c> is null where the program's file has no name for the address.</summary>
internal sealed record FrameDocument(string Address, string? Symbol, string Origin);

/// <summary>A branch; a symbol is null where the program's file has no name for the address.</summary>
internal sealed record BranchDocument(string From, string? FromSymbol, string To, string? ToSymbol);

/// <summary>A user program that its kernel has ended.</summary>
internal sealed record ProgramDocument(string? File, int Vector, string ErrorCode, IReadOnlyList<AreaDocument> Mappings)
{
    public static ProgramDocument? From(CrashReport crash) => crash.Program is not { } program ? null : new(
        crash.ProgramFile,
        (int)program.Vector,
        Hex.Of(program.ErrorCode),
        [.. program.Areas.Select(area => new AreaDocument(Hex.Of(area.Start), Hex.Of(area.End), CrashReportText.Access(area)))]);
}

/// <summary>A part of a program's address space.</summary>
internal sealed record AreaDocument(string Start, string End, string Access);

/// <summary>A segment register.</summary>
internal sealed record SegmentDocument(string Selector, string Base, string Limit, int Type, int Dpl)
{
    public static SegmentDocument From(kvm_segment segment) =>
        new(Hex.Of(segment.selector), Hex.Of(segment.@base), Hex.Of(segment.limit), segment.type, segment.dpl);
}

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
    public static Dictionary<string, string> ToDictionary(kvm_regs registers) =>
        Inspection.Registers.General(registers).ToDictionary(register => register.Name.ToLowerInvariant(), register => Hex.Of(register.Value));
}
