using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Libc;

public class SystemCallExceptionTests
{
    [Theory]
    [InlineData(null, "mmap failed: ENOMEM (Cannot allocate memory)")]
    [InlineData("8 bytes", "mmap failed on 8 bytes: ENOMEM (Cannot allocate memory)")]
    public void Message_Failure_SaysWhatOnWhatAndWhy(string? target, string expected)
    {
        var error = new SystemCallException("mmap", Errno.ENOMEM, target);

        Assert.Equal((expected, "mmap", Errno.ENOMEM), (error.Message, error.Operation, error.Errno));
    }
}
