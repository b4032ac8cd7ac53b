using KvmActors.Interop.Kvm;

namespace KvmActors.Interop.Tests.Kvm;

public class ExitPageTests
{
    [Fact]
    public void Io_OfAWrite_HasTheDataThatWasPutThere()
    {
        var page = new ExitPage();
        "abcd"u8.CopyTo(page.IoData);

        var exit = page.Io(isOut: true, size: 2, port: 0x3F8, count: 2);

        Assert.Equal(VcpuExitReason.Io, exit.Reason);
        Assert.Equal((true, 2, (ushort)0x3F8, "abcd"), (exit.Io.IsOut, exit.Io.Size, exit.Io.Port, System.Text.Encoding.ASCII.GetString(exit.Io.Data)));
    }

    [Fact]
    public void Io_OfARead_GivesBackWhatTheHostWrites()
    {
        var page = new ExitPage();

        page.Io(isOut: false, size: 1, port: 1, count: 1).Io.Data[0] = 9;

        Assert.Equal(9, page.IoData[0]);
    }

    [Fact]
    public void Io_OfMoreThanFits_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExitPage().Io(isOut: true, size: 4, port: 1, count: (ExitPage.IoBytes / 4) + 1).Reason);

    [Fact]
    public void Mmio_OfALoad_GivesBackWhatTheHostWrites()
    {
        var page = new ExitPage();

        var exit = page.Mmio(isWrite: false, 0x2000_0000, length: 4);
        exit.Mmio.Data[3] = 7;

        Assert.Equal((VcpuExitReason.Mmio, 0x2000_0000UL, false, 4), (exit.Reason, exit.Mmio.Address, exit.Mmio.IsWrite, exit.Mmio.Data.Length));
        Assert.Equal(7, page.MmioData[3]);
    }

    [Fact]
    public void Debug_TellsWhereAndWhy()
    {
        var exit = new ExitPage().Debug(vector: 1, address: 0x1000, status: 0x4000);

        Assert.Equal((1U, 0x1000UL, 0x4000UL), (exit.DebugException, exit.DebugAddress, exit.DebugStatus));
    }

    [Fact]
    public void CannotEmulate_IsKvmsInternalError() =>
        Assert.Equal(InternalErrorExit.Emulation, new ExitPage().CannotEmulate().InternalError.Suberror);
}
