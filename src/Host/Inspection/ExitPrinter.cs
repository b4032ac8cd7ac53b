using System.Text;
using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;
using Spectre.Console;

namespace KvmActors.Host.Inspection;

/// <summary>Prints registers at every exit (<c>--dump-registers</c>) and each instruction stepped through (<c>--step N</c>).</summary>
internal sealed class ExitPrinter(TextWriter writer, int steps, bool dumpRegisters) : IVcpuObserver
{
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public int Steps => steps;

    /// <inheritdoc/>
    public void Exited(string vm, in VcpuExit vmExit, IVcpu vcpu, GuestMemory memory)
    {
        var isStep = steps > 0 && vmExit.Reason == VcpuExitReason.Debug;
        if (!isStep && !dumpRegisters)
        {
            return;
        }

        var state = CrashInspector.Inspect(vcpu, memory, vmExit.Reason.ToString());
        var text = new StringBuilder();
        var what = isStep ? "step" : Describe(vmExit);
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
