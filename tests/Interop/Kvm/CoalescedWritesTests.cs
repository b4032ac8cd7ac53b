using KvmActors.Interop.Kvm;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Interop.Tests.Kvm;

public class CoalescedWritesTests
{
    private const ushort Quiet = 0x510, Loud = 0x511;

    [Fact]
    public void NoRing_IsEmptyAndHarmless()
    {
        var writes = default(CoalescedWrites);

        writes.Clear();

        Assert.True(writes.IsEmpty);
        Assert.False(writes.TryTake(out _, new byte[8], out _));
    }

    [KvmFact]
    public void TryTake_GatheredWrites_ComeInOrderAndOnce()
    {
        using var vm = new QuietVm(new Code16().MovDx(Quiet).MovAl(1).OutDx(1).MovAl(2).OutDx(1).Hlt());
        if (!vm.Coalesces)
        {
            Assert.Equal(0, vm.Device.CheckExtension(KvmCapability.CoalescedPio));
            return;
        }

        Assert.Equal(VcpuExitReason.Hlt, vm.Vcpu.Run().Reason);
        Assert.False(vm.Vcpu.CoalescedWrites.IsEmpty);

        Assert.Equal([(Quiet, 1, 1), (Quiet, 2, 1)], vm.Take());
        Assert.True(vm.Vcpu.CoalescedWrites.IsEmpty);
    }

    [KvmFact]
    public void TryTake_MoreThanTheRingHolds_ExitsInBetweenAndLosesNothing()
    {
        var writes = (2 * CoalescedWrites.Capacity) + 10;
        var code = new Code16().MovDx(Quiet);
        for (var index = 0; index < writes; index++)
        {
            code.MovAl((byte)index).OutDx(1);
        }

        using var vm = new QuietVm(code.Hlt());
        var seen = new List<int>();
        for (var exit = vm.Vcpu.Run(); exit.Reason != VcpuExitReason.Hlt; exit = vm.Vcpu.Run())
        {
            // The one that found the ring full comes after those in it.
            seen.AddRange(vm.Take().Select(write => write.Value));
            seen.Add((int)exit.Io.Value);
        }

        seen.AddRange(vm.Take().Select(write => write.Value));

        Assert.Equal(Enumerable.Range(0, writes).Select(index => (int)(byte)index), seen);
    }

    [KvmFact]
    public void Clear_GatheredWrites_AreGone()
    {
        using var vm = new QuietVm(new Code16().MovDx(Quiet).OutDx(1).MovDx(Loud).OutDx(1).MovDx(Quiet).MovAl(9).OutDx(1).Hlt());
        while (vm.Vcpu.Run() is var exit && exit.Reason == VcpuExitReason.Io && exit.Io.Port != Loud)
        {
        }

        vm.Vcpu.CoalescedWrites.Clear();
        Assert.True(vm.Vcpu.CoalescedWrites.IsEmpty);

        // What comes later is gathered as before.
        _ = vm.Vcpu.Run();
        Assert.Equal(vm.Coalesces ? [(Quiet, 9, 1)] : [], vm.Take());
    }

    /// <summary>A real-mode VM whose quiet port is gathered, where KVM can.</summary>
    private sealed class QuietVm : IDisposable
    {
        private readonly RealModeVm _vm;

        public QuietVm(Code16 code)
        {
            _vm = new RealModeVm(code);
            Coalesces = _vm.Vm.TryCoalesce(Quiet);
        }

        public bool Coalesces { get; }

        public KvmDevice Device => _vm.Device;

        public KvmVcpu Vcpu => _vm.Vcpu;

        public List<(ushort Port, int Value, int Length)> Take()
        {
            var taken = new List<(ushort, int, int)>();
            Span<byte> data = stackalloc byte[sizeof(ulong)];
            while (Vcpu.CoalescedWrites.TryTake(out var port, data, out var length))
            {
                taken.Add((port, data[0], length));
            }

            return taken;
        }

        public void Dispose() => _vm.Dispose();
    }
}
