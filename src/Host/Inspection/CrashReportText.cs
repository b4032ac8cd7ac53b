using KvmActors.Interop.Kvm.Native;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Paging;
using KvmActors.Machine.Processor;
using Spectre.Console;

namespace KvmActors.Host.Inspection;

/// <summary>Writes a crash report for people: coloured on a terminal, plain elsewhere.</summary>
internal static class CrashReportText
{
    private const int RegistersPerLine = 4;
    private const int MaxAreas = 64;
    private const int MaxBranches = 16;

    /// <summary>Writes a report.</summary>
    public static void Write(IAnsiConsole console, string vm, CrashReport crash)
    {
        console.MarkupLineInterpolated($"[red bold]{vm}, vCPU {crash.VcpuIndex}: {crash.Exit}[/]");
        WriteBody(console, crash);
        console.WriteLine();
    }

    /// <summary>Writes a report without its first line, which says whose it is.</summary>
    public static void WriteBody(IAnsiConsole console, CrashReport crash)
    {
        foreach (var line in Lines(crash))
        {
            console.MarkupLine(line);
        }
    }

    private static IEnumerable<string> Lines(CrashReport crash)
    {
        foreach (var line in RegisterLines(crash.Registers))
        {
            yield return line;
        }

        foreach (var (name, value) in Registers.Segments(crash.SpecialRegisters))
        {
            yield return $"  {Name(name)} {value.selector:x4} base {value.@base:x16} limit {value.limit:x8} type {value.type:x} dpl {value.dpl}{SegmentFlags(value)}";
        }

        var special = crash.SpecialRegisters;
        yield return $"  {Name("GDTR")} base {special.gdt.@base:x16} limit {special.gdt.limit:x4}   {Name("IDTR")} base {special.idt.@base:x16} limit {special.idt.limit:x4}";
        foreach (var (name, value, flags) in Registers.Control(special))
        {
            yield return $"  {Name(name)} {value:x16} {string.Join(' ', flags)}";
        }

        yield return $"  stack at {crash.Registers.rsp:x}: {Bytes(crash.Stack)}";
        yield return Walk("RIP", crash.RipWalk);
        yield return Walk("CR2", crash.Cr2Walk);
        yield return $"  code, {crash.CodeBits}-bit:";
        foreach (var instruction in Disassembly.Around(crash))
        {
            var text = Markup.Escape($"{instruction.Address,16:x}  {instruction.Bytes,-30}  {instruction.Text}");
            yield return instruction.IsCurrent ? $"[yellow]  > {text}[/]" : $"    {text}";
        }

        yield return "  backtrace:";
        foreach (var (index, frame) in NamedBacktrace.Of(crash).Index())
        {
            yield return Markup.Escape($"    #{index,-3} {frame.Address:x16} {frame.Symbol ?? "?"} ({frame.OriginText})");
        }

        if (crash.Branches.Count > 0)
        {
            yield return "  last branches:";
        }

        foreach (var branch in NamedBranches.NewestOf(crash, MaxBranches))
        {
            yield return Markup.Escape($"    {branch.From:x16} {branch.FromSymbol ?? "?"} -> {branch.To:x16} {branch.ToSymbol ?? "?"}");
        }

        foreach (var (index, area) in (crash.Program?.Areas ?? []).Take(MaxAreas).Index())
        {
            yield return $"  {(index == 0 ? "mappings:" : "         ")} {area.Start:x12}-{area.End:x12} {Access(area)}";
        }
    }

    /// <summary>What a program may do in an area, as <c>/proc/PID/maps</c> has it.</summary>
    public static string Access(ProgramArea area) =>
        $"{(area.IsReadable ? 'r' : '-')}{(area.IsWritable ? 'w' : '-')}{(area.IsExecutable ? 'x' : '-')}";

    /// <summary>The general registers in a few lines.</summary>
    public static IEnumerable<string> RegisterLines(kvm_regs registers)
    {
        foreach (var row in Registers.General(registers).Chunk(RegistersPerLine))
        {
            var flags = row[^1].Name == "RFLAGS" ? " " + string.Join(' ', RegisterFlags.Rflags(row[^1].Value)) : "";
            yield return "  " + string.Join("  ", row.Select(register => $"{Name(register.Name)} {register.Value:x16}")) + flags;
        }
    }

    private static string Walk(string what, PageWalkTrace walk)
    {
        var steps = walk.Steps.Select(step => $" > {step.Level} {step.Address:x}: {(step.Entry is { } entry ? $"{entry:x16}" : "outside memory")}");
        var end = walk.Physical is { } physical ? $" > physical {physical:x}" : " > not mapped";
        return $"  {what} {walk.Linear:x}{string.Concat(steps)}{end}";
    }

    private static string SegmentFlags(in kvm_segment segment)
    {
        var size = segment.l != 0 ? " 64-bit" : segment.db != 0 ? " 32-bit" : " 16-bit";
        return (segment.present != 0 ? " present" : " not present") + (segment.s != 0 ? size : " system") + (segment.unusable != 0 ? " unusable" : "");
    }

    private static string Bytes(IReadOnlyList<byte> bytes) => bytes.Count == 0
        ? "not readable"
        : string.Join(' ', bytes.Chunk(8).Select(group => Convert.ToHexStringLower(group)));

    private static string Name(string register) => $"[grey]{register,-6}[/]";
}
