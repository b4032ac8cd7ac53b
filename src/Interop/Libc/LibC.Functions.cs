using System.Runtime.CompilerServices;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Libc;

/// <summary>
/// The functions of the C library, each the way to its twin in <see cref="Import"/>; where <see cref="FaultInjection"/> is off, and that
/// it is almost everywhere, they are compiled to nothing.
/// </summary>
internal static unsafe partial class LibC
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ioctl(int fd, nuint request, nuint argument) =>
        FaultInjection.IsOn && FaultInjection.Fails("ioctl", request) ? -1 : Import.ioctl(fd, request, argument);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ioctl(int fd, nuint request, void* argument) =>
        FaultInjection.IsOn && FaultInjection.Fails("ioctl", request) ? -1 : Import.ioctl(fd, request, argument);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int open(string path, int flags, uint mode) =>
        FaultInjection.IsOn && FaultInjection.Fails("open") ? -1 : Import.open(path, flags, mode);

    /// <summary>Closes a descriptor. It is closed even when that fails, as Linux has it.</summary>
    public static int close(int fd)
    {
        var result = Import.close(fd);
        return FaultInjection.IsOn && FaultInjection.Fails("close") ? -1 : result;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* mmap(void* address, nuint length, int protection, int flags, int fd, nint offset) =>
        FaultInjection.IsOn && FaultInjection.Fails("mmap") ? (void*)-1 : Import.mmap(address, length, protection, flags, fd, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int munmap(void* address, nuint length) =>
        FaultInjection.IsOn && FaultInjection.Fails("munmap") ? -1 : Import.munmap(address, length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int madvise(void* address, nuint length, int advice) =>
        FaultInjection.IsOn && FaultInjection.Fails("madvise") ? -1 : Import.madvise(address, length, advice);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int eventfd(uint initial, int flags) =>
        FaultInjection.IsOn && FaultInjection.Fails("eventfd") ? -1 : Import.eventfd(initial, flags);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint read(int fd, void* buffer, nuint count) =>
        FaultInjection.IsOn && FaultInjection.Fails("read") ? -1 : Import.read(fd, buffer, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint write(int fd, void* buffer, nuint count) =>
        FaultInjection.IsOn && FaultInjection.Fails("write") ? -1 : Import.write(fd, buffer, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint readv(int fd, iovec* vector, int count) =>
        FaultInjection.IsOn && FaultInjection.Fails("readv") ? -1 : Import.readv(fd, vector, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint preadv(int fd, iovec* vector, int count, long offset) =>
        FaultInjection.IsOn && FaultInjection.Fails("preadv") ? -1 : Import.preadv(fd, vector, count, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint pread(int fd, void* buffer, nuint count, long offset) =>
        FaultInjection.IsOn && FaultInjection.Fails("pread") ? -1 : Import.pread(fd, buffer, count, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint pwrite(int fd, void* buffer, nuint count, long offset) =>
        FaultInjection.IsOn && FaultInjection.Fails("pwrite") ? -1 : Import.pwrite(fd, buffer, count, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint writev(int fd, iovec* vector, int count) =>
        FaultInjection.IsOn && FaultInjection.Fails("writev") ? -1 : Import.writev(fd, vector, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long lseek(int fd, long offset, int whence) =>
        FaultInjection.IsOn && FaultInjection.Fails("lseek") ? -1 : Import.lseek(fd, offset, whence);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint openat2(nint number, nint directory, byte* path, open_how* how, nuint size) =>
        FaultInjection.IsOn && FaultInjection.Fails("openat2") ? -1 : Import.openat2(number, directory, path, how, size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int tgkill(int process, int thread, int signal) =>
        FaultInjection.IsOn && FaultInjection.Fails("tgkill") ? -1 : Import.tgkill(process, thread, signal);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int sigaction(int signal, sigaction_t* action, sigaction_t* previous) =>
        FaultInjection.IsOn && FaultInjection.Fails("sigaction") ? -1 : Import.sigaction(signal, action, previous);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int clock_gettime(int clock, timespec_t* time) =>
        FaultInjection.IsOn && FaultInjection.Fails("clock_gettime") ? -1 : Import.clock_gettime(clock, time);

    public static int gettid() => Import.gettid();

    public static int getpid() => Import.getpid();
}
