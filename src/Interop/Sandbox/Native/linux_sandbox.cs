using System.Runtime.InteropServices;

namespace KvmActors.Interop.Sandbox.Native;

/// <summary><c>struct landlock_ruleset_attr</c> (<c>linux/landlock.h</c>); an older kernel takes a shorter one.</summary>
internal struct landlock_ruleset_attr
{
    public ulong handled_access_fs, handled_access_net, scoped;
}

/// <summary><c>struct landlock_path_beneath_attr</c> (<c>linux/landlock.h</c>), packed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct landlock_path_beneath_attr
{
    public ulong allowed_access;
    public int parent_fd;
}

/// <summary><c>struct sock_filter</c> (<c>linux/filter.h</c>): one instruction of classic BPF.</summary>
internal struct sock_filter
{
    public ushort code;
    public byte jt, jf;
    public uint k;
}

/// <summary><c>struct sock_fprog</c> (<c>linux/filter.h</c>).</summary>
internal unsafe struct sock_fprog
{
    public ushort len;
    public sock_filter* filter;
}

/// <summary><c>struct mount_attr</c> (<c>linux/mount.h</c>).</summary>
internal struct mount_attr
{
    public ulong attr_set, attr_clr, propagation, userns_fd;
}

/// <summary><c>struct __user_cap_header_struct</c> (<c>linux/capability.h</c>).</summary>
internal struct cap_header
{
    public uint version;
    public int pid;
}

/// <summary>Two of <c>struct __user_cap_data_struct</c> (<c>linux/capability.h</c>): the lower and the upper 32 capabilities.</summary>
internal struct cap_data
{
    public uint effective0, permitted0, inheritable0, effective1, permitted1, inheritable1;
}
