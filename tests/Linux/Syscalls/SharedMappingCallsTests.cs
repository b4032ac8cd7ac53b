using System.Runtime.InteropServices;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>HYPERCALL_SHARE and its kin, as the guest's kernel makes them.</summary>
public sealed class SharedMappingCallsTests : IDisposable
{
    private const ulong Page = 0x1000, Table = 0x38_0000, Fresh = 0x30_0000, Bits = 0x8000_0000_0000_0067;
    private const int ReadOnly = 0, ReadWrite = 2, Append = 0x400;

    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public SharedMappingCallsTests()
    {
        _folder.AddFile("file", new string('a', 4096) + new string('b', 4096) + "end");
        _guest = SyscallGuest.With(_folder);
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Share_SameFileByOtherDescriptors_HasOneNumber()
    {
        var reader = Kernel(CallNumber.Share, (ulong)_guest.Open("/data/file"));
        var writer = Kernel(CallNumber.Share, (ulong)_guest.Open("/data/file", ReadWrite));

        Assert.Equal((0, 1), (reader & 1, writer & 1));
        Assert.Equal(reader >> 1, writer >> 1);
        Assert.Equal(Errno.EBADF.ToResult(), Kernel(CallNumber.Share, 77));
        Assert.Equal(Errno.ENODEV.ToResult(), Kernel(CallNumber.Share, (ulong)_guest.Open("/dev/zero")));
    }

    [Fact]
    public void Fill_PagesOfTheFile_AreThereOnceAndEndWithIt()
    {
        var file = Share(ReadWrite);

        Assert.Equal(3, Fill(file, 0, 8));
        Assert.Equal(0, Fill(file, 1, 8, at: 100, fresh: Fresh + (8 * Page)));

        Assert.Equal([Fresh | Bits, (Fresh + Page) | Bits, (Fresh + (2 * Page)) | Bits, 0UL], Entries(0, 4));
        Assert.Equal([(Fresh + Page) | Bits, (Fresh + (2 * Page)) | Bits, 0UL], Entries(100, 3));
        Assert.Equal("end\0", Text(Fresh + (2 * Page), 4));
    }

    [Fact]
    public void ReadAndWrite_FileThatIsMapped_SeeAndChangeItsPages()
    {
        var file = Share(ReadWrite);
        Fill(file, 0, 3);
        Put(Fresh + 10, "mapped");
        var fd = (ulong)_guest.Open("/data/file", ReadWrite);
        var buffer = _guest.Room(64);

        Assert.Equal(16, _guest.Call(CallNumber.Pread64, fd, buffer, 16, 4));
        Assert.Equal("aaaaaamappedaaaa", _guest.Text(buffer, 16));
        Assert.Equal(7, _guest.Call(CallNumber.Pwrite64, fd, _guest.Put("written"), 7, 4093));
        Assert.Equal(("wri", "tten"), (Text(Fresh + 4093, 3), Text(Fresh + Page, 4)));
        Assert.Equal("mapped", Text(Fresh + 10, 6));
        var appender = (ulong)_guest.Open("/data/file", ReadWrite | Append);
        Assert.Equal(4, _guest.Call(CallNumber.Write, appender, _guest.Put("more"), 4));
        Assert.Equal("endmore", Text(Fresh + (2 * Page), 7));
    }

    [Fact]
    public void SyncAndUnshare_WhatWasChanged_IsInTheFileAndNoLonger()
    {
        var file = Share(ReadWrite);
        Fill(file, 0, 3);
        Put(Fresh, "one");
        Put(Fresh + Page, "two");
        Put(Fresh + (2 * Page), "END and what is behind it");

        Assert.Equal(0, Kernel(CallNumber.ShareSync, file, 0, 1, 1));
        Assert.Equal(("one", "bbb"), (OnDisk(0, 3), OnDisk(4096, 3)));
        Assert.Equal(1, Kernel(CallNumber.Unshare, file, Table, 64));
        Assert.Equal([Fresh, 3 * Page], Entries(0, 2));
        Assert.Equal(("two", "END"), (OnDisk(4096, 3), OnDisk(8192, 99)));
        Assert.Equal(Errno.EINVAL.ToResult(), Kernel(CallNumber.Unshare, file, Table, 64));
    }

    [Fact]
    public void Unshare_MoreRunsThanThereIsRoomFor_ComesInParts()
    {
        var file = Share(ReadOnly);
        Fill(file, 0, 1);
        Fill(file, 2, 1, at: 2, fresh: Fresh + (4 * Page));

        Assert.Equal(1, Kernel(CallNumber.Unshare, file, Table, 1));
        Assert.Equal(1, Kernel(CallNumber.Unshare, file, Table + 16, 1));
        Assert.Equal(0, Kernel(CallNumber.Unshare, file, Table, 1));

        Assert.Equal([Fresh, Page, Fresh + (4 * Page), Page], Entries(0, 4));
    }

    [Fact]
    public void Truncate_PagesBehindTheEnd_AreZeroAndStayOut()
    {
        var file = Share(ReadWrite);
        Fill(file, 0, 3);
        var fd = (ulong)_guest.Open("/data/file", ReadWrite);

        Assert.Equal(0, _guest.Call(CallNumber.Ftruncate, fd, 100));
        Assert.Equal(("a\0", "\0\0"), (Text(Fresh + 99, 2), Text(Fresh + Page, 2)));
        Put(Fresh + Page, "behind");
        _guest.Service.CloseMappings();

        Assert.Equal(100, new FileInfo(_folder["file"]).Length);
    }

    [Fact]
    public void CloseMappings_WhatWasChanged_IsInTheFile()
    {
        var fd = _guest.Open("/data/file", ReadWrite);
        Fill((ulong)(Kernel(CallNumber.Share, (ulong)fd) >> 1), 1, 1);
        Assert.Equal(0, _guest.Call(CallNumber.Close, (ulong)fd));
        Put(Fresh + 4, "last");

        _guest.Service.CloseMappings();

        Assert.Equal("bbbblastbb", OnDisk(4096, 10));
    }

    [Fact]
    public void Call_BadArguments_AreRefused()
    {
        var file = Share(ReadWrite);

        Assert.Equal(Errno.EINVAL.ToResult(), Kernel(CallNumber.ShareFill, 99, 0, 1, Table, Fresh, Bits));
        Assert.Equal(Errno.EINVAL.ToResult(), Kernel(CallNumber.ShareFill, file, ulong.MaxValue, 1, Table, Fresh, Bits));
        Assert.Equal(Errno.EINVAL.ToResult(), Kernel(CallNumber.ShareFill, file, 0, 513, Table, Fresh, Bits));
        Assert.Equal(Errno.EINVAL.ToResult(), Kernel(CallNumber.ShareFill, file, 0, 1, Table, Fresh + 8, Bits));
        Assert.Equal(Errno.EFAULT.ToResult(), Kernel(CallNumber.ShareFill, file, 0, 2, Table, 0x3F_F000, Bits));
        Assert.Equal(Errno.EFAULT.ToResult(), Kernel(CallNumber.ShareFill, file, 0, 1, ulong.MaxValue - 7, Fresh, Bits));
        Assert.Equal(Errno.EINVAL.ToResult(), Kernel(CallNumber.ShareSync, file, 0, ulong.MaxValue));
        Assert.Equal(Errno.EFAULT.ToResult(), Kernel(CallNumber.Unshare, file, 0x40_0000, 4));
        Assert.Equal(Errno.EINVAL.ToResult(), Kernel(CallNumber.Unshare, file, Table, 513));
    }

    // Whoever closes the descriptors keeps the files open: all of them together are no more than may be open.
    [Fact]
    public void Share_FilesWithoutEnd_CountsThemAsOpen()
    {
        const int OpenFiles = 8;
        using var guest = SyscallGuest.With(_folder, limits: new FileLimits { OpenFiles = OpenFiles });
        for (var index = 0; index <= OpenFiles; index++)
        {
            _folder.AddFile($"file{index}", "x");
        }

        var numbers = new List<long>();
        for (var index = 0; index < OpenFiles; index++)
        {
            var fd = (ulong)guest.Open($"/data/file{index}", ReadWrite);
            numbers.Add(Kernel(guest, CallNumber.Share, fd));
            guest.Call(CallNumber.Close, fd);
        }

        Assert.Equal(Errno.ENFILE.ToResult(), numbers[^1]);
        Assert.All(numbers.SkipLast(1), number => Assert.True(number >= 0));
        Assert.Equal(0, Kernel(guest, CallNumber.Unshare, (ulong)numbers[0] >> 1));
        var again = (ulong)guest.Open($"/data/file{OpenFiles}", ReadWrite);
        Assert.True(Kernel(guest, CallNumber.Share, again) >= 0);
        Assert.Equal(Errno.EMFILE.ToResult(), guest.Open("/data/file"));
    }

    // Their numbers are the kernel's to use: a program's system call may have any.
    [Fact]
    public void Call_OfTheProgram_IsNotServed() => Assert.Equal(
        Errno.ENOSYS.ToResult(), _guest.Call(CallNumber.Share, (ulong)_guest.Open("/data/file")));

    private ulong Share(int flags) => (ulong)Kernel(CallNumber.Share, (ulong)_guest.Open("/data/file", flags)) >> 1;

    private long Fill(ulong file, ulong first, ulong count, ulong at = 0, ulong fresh = Fresh) =>
        Kernel(CallNumber.ShareFill, file, first, count, Table + (at * sizeof(ulong)), fresh, Bits);

    private long Kernel(CallNumber number, ulong first, ulong second = 0, ulong third = 0, ulong fourth = 0, ulong fifth = 0, ulong sixth = 0) =>
        Kernel(_guest, number, first, second, third, fourth, fifth, sixth);

    private static long Kernel(
        SyscallGuest guest, CallNumber number, ulong first, ulong second = 0, ulong third = 0, ulong fourth = 0, ulong fifth = 0, ulong sixth = 0) =>
        guest.Service.Serve(new GuestCall(number, AddressSpace.Physical, first, second, third, fourth, fifth, sixth)).Result;

    private ulong[] Entries(ulong first, int count) =>
        MemoryMarshal.Cast<byte, ulong>(Bytes(Table + (first * sizeof(ulong)), count * sizeof(ulong))).ToArray();

    private void Put(ulong address, string text) => Encoding.Latin1.GetBytes(text).CopyTo(Bytes(address, text.Length));

    private string Text(ulong address, int length) => Encoding.Latin1.GetString(Bytes(address, length));

    private Span<byte> Bytes(ulong address, int length)
    {
        Assert.True(_guest.Memory.TryGetSpan(new GuestPhysAddr(address), (ulong)length, out var bytes));
        return bytes;
    }

    private string OnDisk(int start, int length) => Encoding.Latin1.GetString([.. File.ReadAllBytes(_folder["file"]).Skip(start).Take(length)]);
}
