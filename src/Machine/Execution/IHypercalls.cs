using KvmActors.Interop.Kvm;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Debugging;
using KvmActors.Machine.Limits;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Recording;
using KvmActors.Machine.Statistics;

namespace KvmActors.Machine.Execution;

/// <summary>
/// What serves a guest's calls: port accesses that no device and no console claims. A machine knows no calls itself; the room
/// above brings them. Used on the vCPU's thread, between two entries.
/// </summary>
public interface IHypercalls
{
    /// <summary>Whether a port is a call's.</summary>
    bool Claims(ushort port);

    /// <summary>Serves an access to a port that it claims, and writes the call down in its <see cref="CallNote"/>.</summary>
    /// <returns>How the vCPU ends, or null when it goes on.</returns>
    VcpuEnd? Handle(in IoExit io);

    /// <summary>The vector of the interrupt that a vCPU takes in ring 3 when there is a notice for it (<see cref="IVcpu.Notify"/>).</summary>
    byte NoticeVector { get; }

    /// <summary>The vCPU was kicked: whoever kicked it may want something of it.</summary>
    /// <param name="vcpuEnd">How the vCPU ends, or null when it goes on.</param>
    /// <returns>Whether it was so; then nobody else is asked.</returns>
    bool TryInterrupt(out VcpuEnd? vcpuEnd)
    {
        vcpuEnd = null;
        return false;
    }

    /// <summary>Reads the path that the last call was about: see <see cref="ReadCallPath"/>.</summary>
    int ReadLastPath(Span<byte> target);
}

/// <summary>What hypercalls of one vCPU have to do with.</summary>
/// <param name="Vcpu">The vCPU.</param>
/// <param name="Memory">Its VM's memory.</param>
/// <param name="Stop">What ends every wait.</param>
/// <param name="Statistics">Where calls are counted.</param>
/// <param name="Note">Where the exit's call is written down.</param>
public sealed record HypercallContext(IVcpu Vcpu, GuestMemory Memory, VmStopSignal Stop, ExitStatistics Statistics, CallNote Note)
{
    /// <summary>How many calls the VM may make in a second; null for any number.</summary>
    public RateLimit? Rate { get; init; }

    /// <summary>Time as the guest sees it; null where that is the host's.</summary>
    public VirtualClock? Clock { get; init; }

    /// <summary>Where everything of the VM went; null where nobody asks.</summary>
    public IBootPlan? Plan { get; init; }

    /// <summary>All vCPUs of the VM.</summary>
    public VcpuPool Vcpus { get; init; } = new();

    /// <summary>The vCPU as a debugger has it; null when nobody debugs.</summary>
    public IDebuggedThread? Debugged { get; init; }

    /// <summary>
    /// Runs the vCPU on its own thread, which is serving a call of it, until the function says that it is over; null then, otherwise how the
    /// vCPU ended.
    /// </summary>
    public Func<Func<bool>, VcpuEnd?> RunUntil { get; init; } = _ => throw new InvalidOperationException("This vCPU is not run by a session.");

    /// <summary>Where random numbers come from.</summary>
    public GuestRandom Random { get; init; } = new();
}
