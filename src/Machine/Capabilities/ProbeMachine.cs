using KvmActors.Interop.Kvm;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Images;
using KvmActors.Machine.Kvm;

namespace KvmActors.Machine.Capabilities;

/// <summary>
/// A VM with one vCPU and one of <c>guest/probe</c>'s programs in it, run by the calling thread. A guest that never exits is
/// stopped after a while, so that no KVM can hang a probe.
/// </summary>
internal sealed class ProbeMachine : IDisposable
{
    /// <summary>Where the guests report (<c>PROBE_PORT</c> of <c>guest/probe/probe.h</c>).</summary>
    public const ushort ReportPort = 0x500;

    /// <summary>The port whose writes KVM may keep to itself (<c>QUIET_PORT</c>).</summary>
    public const ushort QuietPort = 0x510;

    /// <summary>What a guest reports when all went as on hardware (<c>ANSWER</c>).</summary>
    public const uint Answer = 0x5AFE;

    private const ulong MiB = 1 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _limit = new();
    private readonly CancellationTokenRegistration _kick;
    private readonly GuestMemory _memory;

    /// <summary>Makes the machine; its guest has not run yet.</summary>
    /// <param name="device">The open device.</param>
    /// <param name="guest">The program's name.</param>
    /// <param name="ranges">The memory, if not 4 MiB from 0.</param>
    /// <param name="logsDirtyPages">Whether KVM is to note written pages.</param>
    /// <param name="prepare">Adds to the VM before its vCPU is made.</param>
    /// <exception cref="SystemCallException">KVM refused something.</exception>
    public ProbeMachine(
        KvmDevice device, string guest, IReadOnlyList<MemoryRange>? ranges = null, bool logsDirtyPages = false, Action<KvmVm>? prepare = null)
    {
        var plan = BootPlans.For(SpecOf(guest));
        _memory = GuestMemory.Allocate([.. ranges ?? plan.Ranges]);
        try
        {
            Vm = device.CreateVm();
            Vm.MapMemory(_memory, logsDirtyPages);
            prepare?.Invoke(Vm);
            var start = plan.Apply(_memory)[0];
            Vcpu = Vm.CreateVcpu(0);
            start.ApplyTo(new KvmProcessor(Vcpu));
            Vcpu.BindToCurrentThread();
        }
        catch
        {
            Vcpu?.Dispose();
            Vm?.Dispose();
            _memory.Dispose();
            throw;
        }

        _kick = _limit.Token.Register(Vcpu.Kick);
        _limit.CancelAfter(Limit);
    }

    public KvmVm Vm { get; }

    public KvmVcpu Vcpu { get; }

    /// <summary>Runs to the next exit.</summary>
    public VcpuExit Run() => Vcpu.Run();

    /// <summary>Runs to the next exit, which should be a report.</summary>
    /// <param name="value">What the guest reported.</param>
    /// <param name="otherwise">What happened instead, in a few words.</param>
    public bool TryRunToReport(out uint value, out string otherwise)
    {
        var exit = Run();
        if (exit.Reason == VcpuExitReason.Io && exit.Io is { IsOut: true, Port: ReportPort })
        {
            (value, otherwise) = (exit.Io.Value, "");
            return true;
        }

        (value, otherwise) = (0, Describe(exit));
        return false;
    }

    /// <summary>An exit in a few words.</summary>
    public static string Describe(in VcpuExit exit) => exit.Reason switch
    {
        VcpuExitReason.Intr => $"no exit within {Limit.TotalSeconds:0} s",
        VcpuExitReason.Io => $"exit at port 0x{exit.Io.Port:x}",
        VcpuExitReason.Shutdown => "triple fault",
        VcpuExitReason.InternalError => $"KVM_EXIT_INTERNAL_ERROR, suberror {exit.InternalError.Suberror}",
        var reason => $"exit {reason}",
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _kick.Dispose();
        _limit.Dispose();
        Vcpu.Unbind();
        Vcpu.Dispose();
        Vm.Dispose();
        _memory.Dispose();
    }

    private static MachineSpec SpecOf(string guest) => new()
    {
        Name = guest,
        Boot = BootProtocol.Long64,
        Image = FlatImage.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "guest", "probe", $"{guest}.bin")), new GuestPhysAddr(0), 0),
        MemoryBytes = 4 * MiB,
    };
}
