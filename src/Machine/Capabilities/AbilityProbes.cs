using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using static KvmActors.Machine.Capabilities.ProbeMachine;

namespace KvmActors.Machine.Capabilities;

/// <summary>The experiment behind each <see cref="KvmAbility"/>.</summary>
internal static class AbilityProbes
{
    private const int QuietWrites = 4;
    private const int StringBytes = 16;
    private const int StepsToSee = 2;

    // Where store.S stores.
    private const ulong StorePage = 0x30_0000;
    private const ulong PageSize = MemoryRange.PageSize;
    private const int PagesPerWord = 64;

    /// <summary>Runs one.</summary>
    /// <exception cref="SystemCallException">KVM refused a request the experiment needs.</exception>
    public static (bool IsPresent, string Detail) Run(KvmDevice device, KvmAbility ability) => ability switch
    {
        KvmAbility.SyncRegisters => SyncRegisters(device),
        KvmAbility.Ring0Sse => ReportsAnswer(device, "ring0-sse"),
        KvmAbility.Ring0SoftwareInterrupts => ReportsAnswer(device, "ring0-interrupt"),
        KvmAbility.Ring3SoftwareInterrupts => ReportsAnswer(device, "ring3-interrupt"),
        KvmAbility.SyscallToRing0 => SyscallToRing0(device),
        KvmAbility.StringIoBatching => StringIoBatching(device),
        KvmAbility.Ring0SingleStep => SingleStep(device, "ring0-step"),
        KvmAbility.Ring0SingleStepAcrossExits => SingleStepAcrossExits(device),
        KvmAbility.Ring3SingleStep => SingleStep(device, "ring3-step"),
        KvmAbility.Ring3Breakpoints => Breakpoint(device),
        KvmAbility.Ring3Int3 => Int3(device),
        KvmAbility.CoalescedPortIo => CoalescedPortIo(device),
        KvmAbility.IoEventFd => IoEventFd(device),
        KvmAbility.DirtyLog => DirtyLog(device),
        KvmAbility.ReadOnlyMemory => ReadOnlyMemory(device),
        KvmAbility.RegistersAfterShutdown => RegistersAfterShutdown(device),
        _ => throw new ArgumentOutOfRangeException(nameof(ability), ability, "No experiment for this ability."),
    };

    private static (bool IsPresent, string Detail) ReportsAnswer(KvmDevice device, string guest)
    {
        using var machine = new ProbeMachine(device, guest);
        return machine.TryRunToReport(out var value, out var otherwise)
            ? (value == Answer, value == Answer ? "works" : $"reported 0x{value:x}")
            : (false, otherwise);
    }

    private static (bool IsPresent, string Detail) SyncRegisters(KvmDevice device)
    {
        const ulong Changed = 0x600D;
        var sets = device.CheckExtension(KvmCapability.SyncRegisters);
        if (sets == 0)
        {
            return (false, "KVM_CAP_SYNC_REGS is missing");
        }

        using var machine = new ProbeMachine(device, "registers");
        if (!machine.TryRunToReport(out _, out var otherwise))
        {
            return (false, otherwise);
        }

        var read = machine.Vcpu.GetExitRegisters().rax;
        machine.Vcpu.SetRax(Changed);
        return machine.TryRunToReport(out var value, out otherwise)
            ? (read == Answer && value == Changed, $"KVM_CAP_SYNC_REGS is {sets}")
            : (false, otherwise);
    }

    private static (bool IsPresent, string Detail) SyscallToRing0(KvmDevice device)
    {
        using var machine = new ProbeMachine(device, "syscall");
        return machine.TryRunToReport(out var ring, out var otherwise)
            ? (ring == 0, $"execution goes on at LSTAR in ring {ring}")
            : (false, otherwise);
    }

    private static (bool IsPresent, string Detail) StringIoBatching(KvmDevice device)
    {
        using var machine = new ProbeMachine(device, "string-io");
        var exit = machine.Run();
        if (exit.Reason != VcpuExitReason.Io || exit.Io.IsOut)
        {
            return (false, Describe(exit));
        }

        var count = exit.Io.Data.Length;
        return (count > 1, $"{count} of {StringBytes} bytes in the first exit of `rep insb`");
    }

    private static (bool IsPresent, string Detail) SingleStep(KvmDevice device, string guest)
    {
        using var machine = new ProbeMachine(device, guest);
        if (!machine.TryRunToReport(out _, out var otherwise))
        {
            return (false, otherwise);
        }

        var ring = RingOf(machine.Vcpu);
        machine.Vcpu.SetDebug(new VcpuDebug { SingleStep = true });
        ulong previous = 0;
        for (var step = 0; step < StepsToSee; step++)
        {
            var exit = machine.Run();
            if (exit.Reason != VcpuExitReason.Debug)
            {
                return (false, Describe(exit));
            }

            if (exit.DebugAddress <= previous)
            {
                return (false, $"stopped twice at 0x{exit.DebugAddress:x}");
            }

            previous = exit.DebugAddress;
        }

        return (RingOf(machine.Vcpu) == ring, $"{StepsToSee} steps in ring {ring}");
    }

    private static (bool IsPresent, string Detail) SingleStepAcrossExits(KvmDevice device)
    {
        // Those that ring0-step-exits.S counts.
        const int Instructions = 19;
        using var machine = new ProbeMachine(device, "ring0-step-exits");
        if (!machine.TryRunToReport(out _, out var otherwise))
        {
            return (false, otherwise);
        }

        machine.Vcpu.SetDebug(new VcpuDebug { SingleStep = true });
        var stops = new HashSet<ulong>();
        for (var exits = 0; exits < 2 * Instructions && stops.Count < Instructions; exits++)
        {
            var exit = machine.Run();
            if (exit.Reason == VcpuExitReason.Debug)
            {
                stops.Add(exit.DebugAddress);
            }
            else if (exit.Reason != VcpuExitReason.Io)
            {
                break;
            }
        }

        return (stops.Count == Instructions, $"{stops.Count} stops for {Instructions} instructions");
    }

    private static (bool IsPresent, string Detail) Breakpoint(KvmDevice device)
    {
        using var machine = new ProbeMachine(device, "ring3-step");
        if (!machine.TryRunToReport(out _, out var otherwise))
        {
            return (false, otherwise);
        }

        var target = machine.Vcpu.GetExitRegisters().rbx;
        machine.Vcpu.SetDebug(new VcpuDebug { Breakpoint = target });
        var exit = machine.Run();
        return exit.Reason == VcpuExitReason.Debug
            ? (exit.DebugAddress == target, $"set at 0x{target:x}, stopped at 0x{exit.DebugAddress:x}")
            : (false, Describe(exit));
    }

    private static (bool IsPresent, string Detail) Int3(KvmDevice device)
    {
        const uint BreakpointException = 3;
        using var machine = new ProbeMachine(device, "ring3-int3");
        if (!machine.TryRunToReport(out _, out var otherwise))
        {
            return (false, otherwise);
        }

        machine.Vcpu.SetDebug(new VcpuDebug { Int3 = true });
        var exit = machine.Run();
        return exit.Reason == VcpuExitReason.Debug
            ? (exit.DebugException == BreakpointException, $"exception {exit.DebugException}")
            : (false, Describe(exit));
    }

    private static (bool IsPresent, string Detail) CoalescedPortIo(KvmDevice device)
    {
        var isRegistered = false;
        using var machine = new ProbeMachine(device, "quiet-port", prepare: vm => isRegistered = vm.TryCoalesce(QuietPort));
        if (!isRegistered)
        {
            return (false, "KVM_CAP_COALESCED_PIO is missing");
        }

        if (!machine.TryRunToReport(out _, out var otherwise))
        {
            return (false, otherwise);
        }

        var gathered = 0;
        Span<byte> data = stackalloc byte[sizeof(ulong)];
        while (machine.Vcpu.CoalescedWrites.TryTake(out _, data, out _))
        {
            gathered++;
        }

        return (gathered == QuietWrites, $"{gathered} of {QuietWrites} writes in the ring, which holds {CoalescedWrites.Capacity}");
    }

    private static (bool IsPresent, string Detail) IoEventFd(KvmDevice device)
    {
        using var signal = EventFd.Create();
        using var machine = new ProbeMachine(device, "quiet-port", prepare: vm => vm.AddDoorbell(QuietPort, 1, signal));
        if (!machine.TryRunToReport(out _, out var otherwise))
        {
            return (false, otherwise);
        }

        var count = signal.Take();
        return (count == QuietWrites, $"{count} of {QuietWrites} writes counted");
    }

    private static (bool IsPresent, string Detail) DirtyLog(KvmDevice device)
    {
        using var machine = new ProbeMachine(device, "store", logsDirtyPages: true);
        machine.Vm.TakeDirtyPages(0);
        if (!machine.TryRunToReport(out _, out var otherwise))
        {
            return (false, otherwise);
        }

        var page = (int)(StorePage / PageSize);
        var pages = machine.Vm.TakeDirtyPages(0);
        var isNoted = (pages[page / PagesPerWord] >> (page % PagesPerWord) & 1) != 0;
        return (isNoted, isNoted ? "works" : "the written page is not in the log");
    }

    private static (bool IsPresent, string Detail) ReadOnlyMemory(KvmDevice device)
    {
        MemoryRange[] ranges =
        [
            new(new GuestPhysAddr(0), StorePage),
            new(new GuestPhysAddr(StorePage), PageSize) { IsReadOnly = true },
        ];
        using var machine = new ProbeMachine(device, "store", ranges);
        var exit = machine.Run();
        return exit.Reason == VcpuExitReason.Mmio ? (exit.Mmio.Address == StorePage, "the store exits") : (false, Describe(exit));
    }

    private static (bool IsPresent, string Detail) RegistersAfterShutdown(KvmDevice device)
    {
        using var machine = new ProbeMachine(device, "shutdown");
        var exit = machine.Run();
        if (exit.Reason != VcpuExitReason.Shutdown)
        {
            return (false, Describe(exit));
        }

        var isKept = machine.Vcpu.GetRegisters().rbx == Answer;
        return (isKept, isKept ? "kept" : "reset before the exit");
    }

    private static int RingOf(KvmVcpu vcpu) => vcpu.GetSpecialRegisters().cs.dpl;
}
