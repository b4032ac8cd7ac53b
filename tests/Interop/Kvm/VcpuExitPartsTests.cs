using KvmActors.Interop.Kvm;
using KvmActors.Interop.Kvm.Native;

namespace KvmActors.Interop.Tests.Kvm;

/// <summary>Exits that hardware seldom makes, written into a run page by hand.</summary>
public unsafe class VcpuExitPartsTests
{
    public static TheoryData<VcpuExitReason> Reasons => new(Enum.GetValues<VcpuExitReason>());

    // The parts lie in the same bytes: another reason's would be nonsense.
    [Theory]
    [MemberData(nameof(Reasons))]
    public void Parts_OfAnotherReason_Throw(VcpuExitReason reason)
    {
        AssertOnlyAt(reason, VcpuExitReason.Io, static exit => _ = exit.Io.Port);
        AssertOnlyAt(reason, VcpuExitReason.Mmio, static exit => _ = exit.Mmio.Address);
        AssertOnlyAt(reason, VcpuExitReason.InternalError, static exit => _ = exit.InternalError.Suberror);
        AssertOnlyAt(reason, VcpuExitReason.FailEntry, static exit => _ = exit.HardwareEntryFailureReason);
        AssertOnlyAt(reason, VcpuExitReason.FailEntry, static exit => _ = exit.FailEntryProcessor);
        AssertOnlyAt(reason, VcpuExitReason.Unknown, static exit => _ = exit.HardwareExitReason);
        AssertOnlyAt(reason, VcpuExitReason.SystemEvent, static exit => _ = exit.SystemEventType);
        AssertOnlyAt(reason, VcpuExitReason.Debug, static exit => _ = exit.DebugException);
        AssertOnlyAt(reason, VcpuExitReason.Debug, static exit => _ = exit.DebugAddress);
        AssertOnlyAt(reason, VcpuExitReason.Debug, static exit => _ = exit.DebugStatus);
        AssertOnlyAt(reason, VcpuExitReason.Wrmsr, static exit => _ = exit.MsrValue);
        AssertOnlyAt(reason, reason == VcpuExitReason.Wrmsr ? reason : VcpuExitReason.Rdmsr, static exit => _ = exit.MsrIndex);
    }

    [Fact]
    public void Io_DataOutsideThePage_Throws()
    {
        var page = (ulong)sizeof(kvm_run);

        Assert.Equal(8, IoBytesAt(page - 8));
        Assert.Throws<InvalidOperationException>(() => IoBytesAt(page - 7));
        Assert.Throws<InvalidOperationException>(() => IoBytesAt(page + 1));
        Assert.Throws<InvalidOperationException>(() => IoBytesAt(ulong.MaxValue));
    }

    [Fact]
    public void Parts_MoreThanThereCanBe_AreCut()
    {
        kvm_run run = default;
        run.mmio = new kvm_run_mmio { len = 100 };
        Assert.Equal(8, new VcpuExit(&run, VcpuExitReason.Mmio, sizeof(kvm_run)).Mmio.Data.Length);

        run.@internal = new kvm_run_internal { suberror = 3, ndata = 100 };
        Assert.Equal(16, new VcpuExit(&run, VcpuExitReason.InternalError, sizeof(kvm_run)).InternalError.Data.Length);
    }

    [Fact]
    public void Parts_OfSeldomReasons_AreReadFromThePage()
    {
        kvm_run run = default;
        run.fail_entry = new kvm_run_fail_entry { hardware_entry_failure_reason = 0x8000_0021, cpu = 5 };
        var failed = new VcpuExit(&run, VcpuExitReason.FailEntry, sizeof(kvm_run));
        Assert.Equal((0x8000_0021UL, 5U), (failed.HardwareEntryFailureReason, failed.FailEntryProcessor));

        run.msr = new kvm_run_msr { index = 0x1A0, data = 7 };
        var written = new VcpuExit(&run, VcpuExitReason.Wrmsr, sizeof(kvm_run));
        Assert.Equal((0x1A0U, 7UL), (written.MsrIndex, written.MsrValue));
        Assert.Equal(0x1A0U, new VcpuExit(&run, VcpuExitReason.Rdmsr, sizeof(kvm_run)).MsrIndex);

        run.debug = new kvm_debug_exit_arch { exception = 1, pc = 0x1000, dr6 = 0x4000 };
        var stepped = new VcpuExit(&run, VcpuExitReason.Debug, sizeof(kvm_run));
        Assert.Equal((1U, 0x1000UL, 0x4000UL), (stepped.DebugException, stepped.DebugAddress, stepped.DebugStatus));

        run.system_event = new kvm_run_system_event { type = 2 };
        Assert.Equal(2U, new VcpuExit(&run, VcpuExitReason.SystemEvent, sizeof(kvm_run)).SystemEventType);
    }

    // Two accesses of four bytes.
    private static int IoBytesAt(ulong offset)
    {
        kvm_run run = default;
        run.io = new kvm_run_io { size = 4, count = 2, data_offset = offset };
        return new VcpuExit(&run, VcpuExitReason.Io, sizeof(kvm_run)).Io.Data.Length;
    }

    private delegate void Part(VcpuExit exit);

    private static void AssertOnlyAt(VcpuExitReason reason, VcpuExitReason its, Part read)
    {
        kvm_run run = default;
        run.io.size = 1;
        run.io.count = 1;
        Exception? error = null;
        try
        {
            read(new VcpuExit(&run, reason, sizeof(kvm_run)));
        }
        catch (InvalidOperationException e)
        {
            error = e;
        }

        Assert.Equal(reason == its ? null : $"An exit for {reason} has nothing of {its}.", error?.Message);
    }
}
