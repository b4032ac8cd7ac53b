using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Libc;

public class ErrnoTests
{
    [Fact]
    public void Describe_KnownNumber_IsItsNameAndText() => Assert.Equal("EACCES (Permission denied)", Errno.EACCES.Describe());

    [Fact]
    public void Describe_UnknownNumber_StillSaysTheNumber() =>
        Assert.StartsWith("errno 9999 (", ((Errno)9999).Describe(), StringComparison.Ordinal);

    [Fact]
    public void ToResult_IsTheNegativeNumber() => Assert.Equal(-2, Errno.ENOENT.ToResult());
}
