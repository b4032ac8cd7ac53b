using System.Runtime.InteropServices;
using KvmActors.Interop.Libc.Native;

namespace KvmActors.Interop.Libc;

internal static unsafe partial class LibC
{
    /// <summary>The functions themselves. Whoever calls them goes through <see cref="LibC"/>, where a test can have a call fail.</summary>
    private static partial class Import
    {
        [LibraryImport(Library, SetLastError = true)]
        public static partial int ioctl(int fd, nuint request, nuint argument);

        [LibraryImport(Library, SetLastError = true)]
        public static partial int ioctl(int fd, nuint request, void* argument);

        [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
        public static partial int open(string path, int flags, uint mode);

        [LibraryImport(Library, SetLastError = true)]
        public static partial int close(int fd);

        [LibraryImport(Library, SetLastError = true)]
        public static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, nint offset);

        [LibraryImport(Library, SetLastError = true)]
        public static partial int munmap(void* address, nuint length);

        [LibraryImport(Library, SetLastError = true)]
        public static partial int madvise(void* address, nuint length, int advice);

        [LibraryImport(Library, SetLastError = true)]
        public static partial int eventfd(uint initial, int flags);

        [LibraryImport(Library, SetLastError = true)]
        public static partial nint read(int fd, void* buffer, nuint count);

        [LibraryImport(Library, SetLastError = true)]
        public static partial nint write(int fd, void* buffer, nuint count);

        [LibraryImport(Library, SetLastError = true)]
        public static partial nint readv(int fd, iovec* vector, int count);

        [LibraryImport(Library, SetLastError = true)]
        public static partial nint preadv(int fd, iovec* vector, int count, long offset);

        [LibraryImport(Library, SetLastError = true)]
        public static partial nint pread(int fd, void* buffer, nuint count, long offset);

        [LibraryImport(Library, SetLastError = true)]
        public static partial nint pwrite(int fd, void* buffer, nuint count, long offset);

        [LibraryImport(Library, SetLastError = true)]
        public static partial nint writev(int fd, iovec* vector, int count);

        [LibraryImport(Library, SetLastError = true)]
        public static partial long lseek(int fd, long offset, int whence);

        [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
        public static partial nint openat2(nint number, nint directory, byte* path, open_how* how, nuint size);

        [LibraryImport(Library)]
        public static partial int gettid();

        [LibraryImport(Library)]
        public static partial int getpid();

        [LibraryImport(Library, SetLastError = true)]
        public static partial int tgkill(int process, int thread, int signal);

        [LibraryImport(Library, SetLastError = true)]
        public static partial int sigaction(int signal, sigaction_t* action, sigaction_t* previous);

        [LibraryImport(Library, SetLastError = true)]
        public static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth, nint fifth);

        [LibraryImport(Library, SetLastError = true)]
        public static partial int clock_gettime(int clock, timespec_t* time);
    }
}
