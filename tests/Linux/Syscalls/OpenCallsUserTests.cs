using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>Paths at user-virtual addresses: the guest's page tables decide what is there.</summary>
public sealed class OpenCallsUserTests : IDisposable
{
    private const ulong Page = 0x1000, Cr3 = 0x2000;
    private const ulong User = 0x40_0000;

    private readonly TempFolder _folder = new();
    private readonly FileGuest _guest;
    private ulong _tables = 0x3000;

    public OpenCallsUserTests()
    {
        _folder.AddFile("file", "0123456789");
        _guest = new FileGuest(_folder, memoryBytes: 16 * Machines.MiB);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Open_PathAcrossTwoPages_IsReadWhole()
    {
        Map(User, 0x9_0000);
        Map(User + Page, 0x8_0000);
        _guest.Put(0x9_0FFB, "/data");
        _guest.Put(0x8_0000, "/file\0");

        Assert.Equal(3, Open(User + Page - 5));
    }

    [Fact]
    public void Open_PathRunsIntoAPageThatIsNotMapped_IsEfault()
    {
        Map(User, 0x9_0000);
        _guest.Put(0x9_0FFB, "/data");

        Assert.Equal(Errno.EFAULT.ToResult(), Open(User + Page - 5));
        Assert.Equal(Errno.EFAULT.ToResult(), Open(User + Page));
    }

    [Fact]
    public void Open_PathEndsWithItsPage_NeedsNoFurtherPage()
    {
        Map(User, 0x9_0000);
        _guest.Put(0x9_0FF5, "/data/file\0");

        Assert.Equal(3, Open(User + Page - 11));
    }

    [Fact]
    public void Open_PathWithoutEndInItsLength_IsEnametoolong()
    {
        Map(User, 0x9_0000);
        Map(User + Page, 0x9_1000);
        _guest.Put(0x9_0000, new string('x', GuestPath.MaxBytes + 1));

        Assert.Equal(Errno.ENAMETOOLONG.ToResult(), Open(User));
    }

    private void Map(ulong address, ulong physical) =>
        PageTables.Map(_guest.Memory, Cr3, ref _tables, address, physical, PageTables.Present | PageTables.User | PageTables.Writable);

    private long Open(ulong address) => _guest.Execute(new GuestCall(CallNumber.Open, AddressSpace.User(Cr3), address));
}
