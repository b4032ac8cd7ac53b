using KvmActors.Interop.Libc;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Pages that are not there yet: nothing is done, the address is told, and the same call works when they are.</summary>
public sealed class SyscallFaultTests : IDisposable
{
    private const ulong Missing = 0x1000_0000, Page = SyscallGuest.Page, Physical = 0x30_0000;
    private const ulong ReadOnly = PageTables.Present | PageTables.User;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public SyscallFaultTests()
    {
        _folder.AddFile("file", "0123456789");
        _guest = SyscallGuest.With(_folder);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Read_LaterPagesMissing_IsMadeAgainUntilAllAreThere()
    {
        var fd = (ulong)_guest.Open("/data/file");
        var buffer = Missing + Page - 4;

        Assert.Equal(new GuestFault(buffer, IsWrite: true), _guest.Serve(CallNumber.Read, fd, buffer, 10).Fault);
        _guest.Map(Missing, Physical);
        Assert.Equal(new GuestFault(Missing + Page, IsWrite: true), _guest.Serve(CallNumber.Read, fd, buffer, 10).Fault);
        _guest.Map(Missing + Page, Physical + Page);

        var outcome = _guest.Serve(CallNumber.Read, fd, buffer, 10);
        Assert.Equal((10L, null), (outcome.Result, outcome.Fault));
    }

    [Fact]
    public void Read_PageThatMayNotBeWritten_IsAFaultThatWrites()
    {
        _guest.Map(Missing, Physical, ReadOnly);
        var fd = (ulong)_guest.Open("/data/file");

        Assert.Equal(new GuestFault(Missing, IsWrite: true), _guest.Serve(CallNumber.Read, fd, Missing, 1).Fault);
        Assert.Null(_guest.Serve(CallNumber.Write, 1, Missing, 1).Fault);
    }

    [Theory]
    [InlineData(CallNumber.Open)]
    [InlineData(CallNumber.Stat)]
    [InlineData(CallNumber.Mkdir)]
    [InlineData(CallNumber.Unlink)]
    [InlineData(CallNumber.Chdir)]
    public void Path_MissingPage_IsAFaultThatReads(CallNumber id) =>
        Assert.Equal(new GuestFault(Missing, IsWrite: false), _guest.Serve(id, Missing, Missing).Fault);

    [Fact]
    public void Rename_SecondPathMissing_RenamesNothing()
    {
        Assert.Equal(new GuestFault(Missing, IsWrite: false), _guest.Serve(CallNumber.Rename, _guest.Put("/data/file"), Missing).Fault);
        Assert.True(File.Exists(_folder["file"]));
    }

    [Fact]
    public void Pipe_ResultMissing_OpensNothing()
    {
        Assert.NotNull(_guest.Serve(CallNumber.Pipe, Missing).Fault);
        Assert.Equal(3, _guest.Open("/data/file"));
    }

    [Fact]
    public void Writev_PiecesMissing_WritesNothing()
    {
        var vector = _guest.Put<guest_iovec>(new() { iov_base = _guest.Put("abc"), iov_len = 3 });
        _guest.Put<guest_iovec>(new() { iov_base = Missing, iov_len = 3 });

        Assert.Equal(new GuestFault(Missing, IsWrite: false), _guest.Serve(CallNumber.Writev, 1, vector, 2).Fault);
        Assert.Equal("", _guest.Output.Text());
    }

    [Fact]
    public void Getdents64_BufferMissing_KeepsThePosition()
    {
        var fd = (ulong)_guest.Open("/data", 0x1_0000);
        Assert.NotNull(_guest.Serve(CallNumber.Getdents64, fd, Missing, 4096).Fault);

        _guest.Map(Missing, Physical);
        Assert.True(_guest.Call(CallNumber.Getdents64, fd, Missing, 4096) > 0);
    }

    [Fact]
    public void Call_BadDescriptor_IsEbadfWhateverTheBuffer() => Assert.Equal(
        (Errno.EBADF.ToResult(), null), (_guest.Serve(CallNumber.Read, 77, Missing, 1).Result, _guest.Serve(CallNumber.Read, 77, Missing, 1).Fault));

    [Theory]
    [InlineData(1UL << 47)]
    [InlineData(1UL << 62)]
    [InlineData(ulong.MaxValue)]
    public void Call_AddressThatNobodyMaps_IsEfaultAtOnce(ulong address)
    {
        var outcome = _guest.Serve(CallNumber.Write, 1, address, 1);

        Assert.Equal((Errno.EFAULT.ToResult(), null), (outcome.Result, outcome.Fault));
    }
}
