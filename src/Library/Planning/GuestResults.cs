using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vm;
using KvmActors.Linux.Files;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.WarmStart;

namespace KvmActors.Library.Planning;

/// <summary>What actors say of a guest's end, in the words of the library.</summary>
internal static class GuestResults
{
    /// <summary>Translates it.</summary>
    public static GuestResult From(VmEnded ended) => From(ended.Result, ended.Result.Vcpus);

    /// <summary>Translates a result.</summary>
    /// <param name="vm">The result.</param>
    /// <param name="vcpus">What its vCPUs did.</param>
    public static GuestResult From(VmResult vm, IEnumerable<VcpuResult> vcpus)
    {
        return new GuestResult
        {
            Id = vm.Id,
            Outcome = OutcomeOf(vm.Outcome),
            ExitCode = vm.ExitCode,
            Signal = vm.Signal,
            Message = vm.Message,
            Backend = vm.Backend switch { Backend.Kvm => GuestBackend.Kvm, Backend.Software => GuestBackend.Software, _ => GuestBackend.Auto },
            WasWarm = vm.Start == VmStart.Warm && vm.Outcome != VmOutcome.FailedToStart,
            ColdReason = vm.ColdReason,
            StartDuration = vm.StartDuration,
            RunDuration = vm.RunDuration,
            Exits = vcpus.SelectMany(vcpu => vcpu.Exits).Where(row => row.Value > 0)
                .GroupBy(row => row.Key.ToString(), row => row.Value, (reason, counts) => KeyValuePair.Create(reason, counts.Sum())).ToDictionary(),
            Limits = [.. vm.Limits.Select(Translate)],
            MissingSystemCalls = vm.MissingSystemCalls,
            Crash = vm.Crash is { } crash ? CrashOf(crash, vm) : null,
            Instructions = vm.Instructions,
            TraceHash = vm.TraceHash,
        };
    }

    private static GuestOutcome OutcomeOf(VmOutcome outcome) => outcome switch
    {
        VmOutcome.Exited => GuestOutcome.Exited,
        VmOutcome.Halted => GuestOutcome.Halted,
        VmOutcome.Panicked => GuestOutcome.Panicked,
        VmOutcome.Crashed => GuestOutcome.Crashed,
        VmOutcome.TimedOut => GuestOutcome.TimedOut,
        VmOutcome.OutOfBudget => GuestOutcome.OutOfBudget,
        VmOutcome.FailedToStart => GuestOutcome.FailedToStart,
        _ => GuestOutcome.Cancelled,
    };

    // By the names of GuestLimits, where it has them under others.
    private static GuestLimitUse Translate(LimitUse use) => new(
        use.Name switch
        {
            nameof(ConsoleLimits.ConsoleBytes) => nameof(GuestLimits.OutputBytes),
            nameof(FileLimits.InodesCreated) => nameof(GuestLimits.FilesCreated),
            nameof(RunLimits.HypercallsPerSecond) => nameof(GuestLimits.CallsPerSecond),
            nameof(RunLimits.MaxInstructions) => nameof(GuestLimits.Instructions),
            _ => use.Name,
        },
        use.Used,
        use.Limit,
        use.Hits);

    private static GuestCrash CrashOf(CrashReport crash, VmResult vm)
    {
        var registers = crash.Registers;
        return new GuestCrash(
            vm.Message ?? crash.Exit,
            new Dictionary<string, ulong>
            {
                ["rax"] = registers.rax,
                ["rbx"] = registers.rbx,
                ["rcx"] = registers.rcx,
                ["rdx"] = registers.rdx,
                ["rsi"] = registers.rsi,
                ["rdi"] = registers.rdi,
                ["rsp"] = registers.rsp,
                ["rbp"] = registers.rbp,
                ["r8"] = registers.r8,
                ["r9"] = registers.r9,
                ["r10"] = registers.r10,
                ["r11"] = registers.r11,
                ["r12"] = registers.r12,
                ["r13"] = registers.r13,
                ["r14"] = registers.r14,
                ["r15"] = registers.r15,
                ["rip"] = registers.rip,
                ["rflags"] = registers.rflags,
            },
            [.. crash.Backtrace.Select(frame => frame.Address)]);
    }
}
