using System.Text;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Stepping;
using Spectre.Console;

namespace KvmActors.Host.Inspection;

/// <summary>Prints registers at every exit (<c>--dump-registers</c>) and each instruction stepped through (<c>--step N</c>).</summary>
/// <param name="writer">Where to.</param>
/// <param name="steps">How many instructions of each vCPU to step through.</param>
/// <param name="stepsRing3">Whether KVM steps in ring 3.</param>
/// <param name="dumpRegisters">Whether to print registers.</param>
internal sealed class ExitPrinter(TextWriter writer, int steps, bool stepsRing3, bool dumpRegisters) : IVcpuObserver
{
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public int Steps => steps;

    /// <inheritdoc/>
    public bool StepsRing3 => stepsRing3;

    /// <inheritdoc/>
    public void Stepping(string vm, IVcpu vcpu, GuestMemory memory) => Print(vm, "step", vcpu, memory);

    /// <inheritdoc/>
    public void NotStepping(string vm, IVcpu vcpu, StepGap gap)
    {
        var why = gap == StepGap.Ring3
            ? "ring 3 follows, which this KVM cannot step: not shown until the next exit"
            : "the guest steps itself, which excludes stepping it: not shown until the next exit";
        lock (_gate)
        {
            writer.Write($"{vm} vCPU {vcpu.Index}: {why}\n");
        }
    }

    /// <inheritdoc/>
    public void Exited(string vm, in VcpuExit vmExit, IVcpu vcpu, GuestMemory memory)
    {
        if (dumpRegisters)
        {
            Print(vm, Describe(vmExit), vcpu, memory);
        }
    }

    private void Print(string vm, string what, IVcpu vcpu, GuestMemory memory)
    {
        var state = CrashInspector.Inspect(vcpu, memory, what);
        var text = new StringBuilder();
        var instruction = Disassembly.At(state) is { } line ? $"{line.Bytes,-20}  {line.Text}" : "not readable";
        text.Append($"{vm} vCPU {vcpu.Index}: {what}, RIP {state.Registers.rip:x}: {instruction}\n");
        if (dumpRegisters)
        {
            foreach (var registers in CrashReportText.RegisterLines(state.Registers))
            {
                text.Append(Markup.Remove(registers)).Append('\n');
            }
        }

        // One write each, so that vCPUs do not write into each other's lines.
        lock (_gate)
        {
            writer.Write(text);
        }
    }

    private static string Describe(in VcpuExit vmExit) => vmExit.Reason switch
    {
        VcpuExitReason.Io => $"Io {(vmExit.Io.IsOut ? "out" : "in")} port 0x{vmExit.Io.Port:x}",
        VcpuExitReason.Mmio => $"Mmio {(vmExit.Mmio.IsWrite ? "write" : "read")} 0x{vmExit.Mmio.Address:x}",
        _ => vmExit.Reason.ToString(),
    };
}
