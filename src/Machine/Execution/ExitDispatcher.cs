using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Devices;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;
using KvmActors.Machine.Stepping;

namespace KvmActors.Machine.Execution;

/// <summary>
/// Decides what each exit needs: a device, a hypercall, or the end of the vCPU. Runs between two KVM_RUNs on the vCPU's
/// thread; allocates only for the end.
/// </summary>
/// <param name="vcpu">The vCPU.</param>
/// <param name="memory">Its VM's memory.</param>
/// <param name="devices">Its VM's devices.</param>
/// <param name="console">What gathers its console output.</param>
/// <param name="hypercalls">What serves its calls; null where there are none.</param>
public sealed class ExitDispatcher(
    IVcpu vcpu, GuestMemory memory, DeviceBoard devices, ConsoleDevice console, IHypercalls? hypercalls)
{
    /// <summary>Where the last exit was, if it was a port's or memory's.</summary>
    public ExitSite LastSite { get; private set; }

    /// <summary>Where the vCPU is to be stopped, with the vCPU itself; null for nowhere.</summary>
    public (StopPoint Point, IVcpu Vcpu)? Until { get; init; }

    /// <summary>Handles one exit.</summary>
    /// <returns>How the vCPU ends, or null when it goes on.</returns>
    public VcpuEnd? Dispatch(in VcpuExit exit)
    {
        // What the guest wrote before, comes before.
        devices.DrainCoalesced(vcpu, console);
        switch (exit.Reason)
        {
            case VcpuExitReason.Io:
                LastSite = ExitSite.Port(exit.Io.Port);
                return DispatchIo(exit);
            case VcpuExitReason.Mmio when devices.FindMemory(exit.Mmio.Address, exit.Mmio.Data.Length) is { } device:
                LastSite = device.Site;
                device.Access(exit.Mmio);
                return null;
            case VcpuExitReason.Mmio:
                LastSite = new ExitSite(ExitSiteKind.Unclaimed, exit.Mmio.Address);
                break;
        }

        console.Flush();
        return exit.Reason switch
        {
            VcpuExitReason.Hlt => new VcpuEnd(VcpuEndKind.Halted),
            VcpuExitReason.Intr => AcknowledgeKick(),
            VcpuExitReason.IrqWindowOpen => null,
            _ => Crash(exit),
        };
    }

    private VcpuEnd? DispatchIo(in VcpuExit exit)
    {
        var io = exit.Io;
        if (devices.FindPort(io.Port) is { } device)
        {
            return device.Access(io, console);
        }

        if (io.IsOut && console.Claims(io.Port))
        {
            console.Write(io.Data);
            return null;
        }

        // Before anything else the guest does becomes visible: its output keeps its place.
        console.Flush();
        return hypercalls?.Claims(io.Port) == true ? hypercalls.Handle(io) : Crash(exit);
    }

    // In ring 0 the guest's kernel is about to leave, or to ask the host for something and hear of it there.
    private void TakeNotice()
    {
        if (hypercalls is null || InterruptDelivery.TryDeliver(vcpu, memory, hypercalls.NoticeVector))
        {
            vcpu.TakeNotice();
        }
        else
        {
            vcpu.NotifyLater();
        }
    }

    private VcpuEnd Crash(in VcpuExit exit) => new(VcpuEndKind.Crashed, Message: CrashMessage.For(exit, vcpu, memory));

    // A kick that came for a stop is seen by the loop, which asks before each entry; any other signal means nothing.
    private VcpuEnd? AcknowledgeKick()
    {
        if (Until is (var point, var inner) && point.EndOf(inner) is { } end)
        {
            return end;
        }

        // Who leaves a notice kicks afterwards: it is there when the kick was.
        vcpu.ClearKick();
        if (hypercalls?.TryInterrupt(out var asked) == true)
        {
            return asked;
        }

        if (vcpu.HasNotice)
        {
            TakeNotice();
        }

        return null;
    }
}
