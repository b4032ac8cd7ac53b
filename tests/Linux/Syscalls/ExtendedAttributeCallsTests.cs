using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed class ExtendedAttributeCallsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SyscallGuest _guest;

    public ExtendedAttributeCallsTests()
    {
        _guest = SyscallGuest.With(_folder);
        _folder.AddFile("file", "");
        _folder.AddLink("dangling", "none");
    }

    public void Dispose()
    {
        _guest.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("getxattr", "/data/file", Errno.EOPNOTSUPP)]
    [InlineData("setxattr", "/data/file", Errno.EOPNOTSUPP)]
    [InlineData("removexattr", "/data/file", Errno.EOPNOTSUPP)]
    [InlineData("listxattr", "/data/file", Errno.None)]
    [InlineData("getxattr", "/data/none", Errno.ENOENT)]
    [InlineData("getxattr", "/data/dangling", Errno.ENOENT)]
    [InlineData("lgetxattr", "/data/dangling", Errno.EOPNOTSUPP)]
    [InlineData("llistxattr", "/data/dangling", Errno.None)]
    [InlineData("listxattr", "/data/dangling", Errno.ENOENT)]
    public void Call_Path_HasNoneOnceItIsThere(string name, string path, Errno expected) =>
        Assert.Equal(expected.ToResult(), Call(name, _guest.Put(path)));

    [Theory]
    [InlineData("fgetxattr", 0, Errno.EOPNOTSUPP)]
    [InlineData("flistxattr", 0, Errno.None)]
    [InlineData("fgetxattr", 9, Errno.EBADF)]
    [InlineData("flistxattr", 9, Errno.EBADF)]
    public void Call_Descriptor_HasNoneOnceItIsOpen(string name, ulong fd, Errno expected) => Assert.Equal(expected.ToResult(), Call(name, fd));

    private long Call(string name, ulong first) => _guest.Call((CallNumber)SyscallNames.NumberOf(name), first, _guest.Put("user.name"), 0, 0);
}
