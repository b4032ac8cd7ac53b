using KvmActors.Interop.Files;

namespace KvmActors.Interop.Tests.Files;

public sealed class StandardStreamsTests
{
    [Fact]
    public void AreThere_InATest_IsTrue() => Assert.True(StandardStreams.AreThere);

    [Fact]
    public void IsThere_FileThatWasOpenedHere_IsNone()
    {
        using var file = File.OpenRead("/dev/null");

        Assert.False(StandardStreams.IsThere((int)file.SafeFileHandle.DangerousGetHandle()));
        Assert.False(StandardStreams.IsThere(-1));
    }
}
