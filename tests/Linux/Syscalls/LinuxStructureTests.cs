using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KvmActors.Interop.Libc.Native;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

/// <summary>The structures that guests get, against the C headers.</summary>
public sealed class LinuxStructureTests
{
    private static readonly (string C, Type Type, string[] Fields)[] Structures =
    [
        ("struct stat", typeof(stat_t), ["st_dev", "st_ino", "st_nlink", "st_mode", "st_uid", "st_gid", "st_rdev", "st_size", "st_blksize", "st_blocks"]),
        ("struct statx", typeof(statx_t), ["stx_mask", "stx_blksize", "stx_attributes", "stx_nlink", "stx_uid", "stx_gid", "stx_mode", "stx_ino", "stx_size", "stx_blocks", "stx_attributes_mask", "stx_atime", "stx_btime", "stx_ctime", "stx_mtime", "stx_rdev_major", "stx_rdev_minor", "stx_dev_major", "stx_dev_minor"]),
        ("struct statfs", typeof(statfs_t), ["f_type", "f_bsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_namelen", "f_frsize", "f_flags"]),
        ("struct timespec", typeof(timespec_t), ["tv_sec", "tv_nsec"]),
        ("struct timeval", typeof(timeval_t), ["tv_sec", "tv_usec"]),
        ("struct tms", typeof(tms_t), ["tms_utime", "tms_stime", "tms_cutime", "tms_cstime"]),
        ("struct iovec", typeof(guest_iovec), ["iov_base", "iov_len"]),
        ("struct flock", typeof(flock_t), ["l_type", "l_whence", "l_start", "l_len", "l_pid"]),
        ("struct pollfd", typeof(pollfd_t), ["fd", "events", "revents"]),
        ("struct winsize", typeof(winsize_t), ["ws_row", "ws_col", "ws_xpixel", "ws_ypixel"]),
        ("struct sysinfo", typeof(sysinfo_t), ["uptime", "totalram", "freeram", "sharedram", "bufferram", "totalswap", "freeswap", "procs", "totalhigh", "freehigh", "mem_unit"]),
        ("struct rlimit", typeof(rlimit64_t), ["rlim_cur", "rlim_max"]),
        ("struct rusage", typeof(rusage_t), ["ru_utime", "ru_stime", "ru_maxrss"]),
        ("struct utsname", typeof(utsname_t), ["sysname", "nodename", "release", "version", "machine", "domainname"]),
    ];

    [Fact]
    [Trait("Needs", "Compiler")]
    public void Structures_HaveTheSizesAndOffsetsOfC()
    {
        using var folder = new TempFolder();
        var lines = Structures.SelectMany(structure => structure.Fields
            .Select(field => $"    printf(\"{structure.C.Replace(' ', '.')}.{field} %zu\\n\", offsetof({structure.C}, {field}));")
            .Prepend($"    printf(\"{structure.C.Replace(' ', '.')} %zu\\n\", sizeof({structure.C}));"));
        var source = folder.AddFile("layout.c", $$"""
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <poll.h>
            #include <stddef.h>
            #include <stdio.h>
            #include <sys/ioctl.h>
            #include <sys/resource.h>
            #include <sys/stat.h>
            #include <sys/statfs.h>
            #include <sys/sysinfo.h>
            #include <sys/time.h>
            #include <sys/times.h>
            #include <sys/uio.h>
            #include <sys/utsname.h>
            #include <time.h>
            int main(void)
            {
            {{string.Join('\n', lines)}}
                return 0;
            }
            """);
        var theirs = CCompiler.Run(source);
        foreach (var (c, type, fields) in Structures)
        {
            var name = c.Replace(' ', '.');
            Assert.True(theirs[name] == SizeOf(type), $"{c}: {SizeOf(type)} instead of {theirs[name]} bytes");
            Assert.All(fields, field => Assert.True(theirs[$"{name}.{field}"] == Marshal.OffsetOf(type, field), $"{c}.{field}"));
        }
    }

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
