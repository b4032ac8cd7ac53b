using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KvmActors.Interop.Libc.Native;

/// <summary><c>struct sysinfo</c> of x86-64 (<c>linux/sysinfo.h</c>).</summary>
[StructLayout(LayoutKind.Sequential, Size = 112)]
public struct sysinfo_t
{
    public long uptime;
    public ulong loads0, loads1, loads2;
    public ulong totalram, freeram, sharedram, bufferram, totalswap, freeswap;
    public ushort procs, pad;
    public ulong totalhigh, freehigh;
    public uint mem_unit;
}

/// <summary><c>struct rlimit64</c> (<c>linux/resource.h</c>).</summary>
public struct rlimit64_t
{
    public ulong rlim_cur, rlim_max;
}

/// <summary><c>struct rusage</c> of x86-64 (<c>linux/resource.h</c>); what nothing is known of stays 0.</summary>
[StructLayout(LayoutKind.Sequential, Size = 144)]
public struct rusage_t
{
    public timeval_t ru_utime, ru_stime;
    public long ru_maxrss;
}

/// <summary><c>struct new_utsname</c> (<c>linux/utsname.h</c>): six strings of 65 bytes.</summary>
public struct utsname_t
{
    public utsname_field sysname, nodename, release, version, machine, domainname;
}

/// <summary>A NUL-terminated string of <c>struct new_utsname</c>.</summary>
[InlineArray(65)]
public struct utsname_field
{
    private byte _first;
}
