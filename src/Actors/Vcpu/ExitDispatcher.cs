using KvmActors.Actors.Devices;
using KvmActors.Actors.Hypercalls;
using KvmActors.Interop.Kvm;

namespace KvmActors.Actors.Vcpu;

/// <summary>
/// Decides what each exit needs: a device, a hypercall, or the end of the vCPU. Runs between two KVM_RUNs on the vCPU's
/// thread; allocates only for the end.
/// </summary>
internal sealed class ExitDispatcher(KvmVcpu vcpu, ConsoleDevice console, HypercallHandler hypercalls)
{
    /// <summary>Handles one exit.</summary>
    /// <returns>How the vCPU ends, or null when it goes on.</returns>
    public VcpuEnd? Dispatch(in VcpuExit exit)
    {
        if (exit.Reason == VcpuExitReason.Io)
        {
            return DispatchIo(exit.Io);
        }

        console.Flush();
        return exit.Reason switch
        {
            VcpuExitReason.Hlt => new VcpuEnd(VcpuEndKind.Halted),
            VcpuExitReason.Intr => AcknowledgeKick(),
            _ => new VcpuEnd(VcpuEndKind.Crashed, Message: CrashMessage.For(exit, vcpu)),
        };
    }

    private VcpuEnd? DispatchIo(in IoExit io)
    {
        if (io.IsOut && console.Claims(io.Port))
        {
            console.Write(io.Data);
            return null;
        }

        // Before anything else the guest does becomes visible: its output keeps its place.
        console.Flush();
        return HypercallPorts.IsHypercall(io.Port)
            ? hypercalls.Handle(io)
            : new VcpuEnd(VcpuEndKind.Crashed, Message: CrashMessage.ForUnclaimed(io, vcpu));
    }

    // A kick that came for a stop is seen by the loop, which asks before each entry; any other signal means nothing.
    private VcpuEnd? AcknowledgeKick()
    {
        vcpu.ClearKick();
        return null;
    }
}
