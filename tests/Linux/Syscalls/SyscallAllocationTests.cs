using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>The calls programs make all the time take no memory of the host's.</summary>
public sealed class SyscallAllocationTests
{
    [Fact]
    public void Calls_OnOpenFilesAndClocks_AllocateNothing()
    {
        using var folder = new TempFolder();
        folder.AddFile("file", new string('x', 100_000));
        using var guest = SyscallGuest.With(folder);
        var fd = (ulong)guest.Open("/data/file", 2);
        var buffer = guest.Room(65536);
        Calls(guest, fd, buffer);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var index = 0; index < 100; index++)
        {
            Calls(guest, fd, buffer);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Calls(SyscallGuest guest, ulong fd, ulong buffer)
    {
        if (guest.Call(CallNumber.Lseek, fd, 0, 0) != 0 || guest.Call(CallNumber.Read, fd, buffer, 65536) != 65536
            || guest.Call(CallNumber.Pread64, fd, buffer, 100, 5) != 100 || guest.Call(CallNumber.Write, fd, buffer, 10) != 10
            || guest.Call(CallNumber.Fstat, fd, buffer) != 0 || guest.Call(CallNumber.ClockGettime, 1, buffer) != 0
            || guest.Call(CallNumber.Gettimeofday, buffer, 0) != 0 || guest.Call(CallNumber.Getrandom, buffer, 16, 0) != 16
            || guest.Call(CallNumber.Read, 999, buffer, 1) != -9)
        {
            throw new InvalidOperationException("a call failed");
        }
    }
}
