using KvmActors.Linux.Files;

namespace KvmActors.Linux.Tests.Files;

public class OpenFlagsTests
{
    [Theory]
    [InlineData(OpenFlags.ReadOnly, 0x8000)]
    [InlineData(OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.Truncate | OpenFlags.CloseOnExec, 0x8002)]
    [InlineData(OpenFlags.WriteOnly | OpenFlags.Append | OpenFlags.NonBlock, 0x8C01)]
    [InlineData(OpenFlags.Path | OpenFlags.ReadWrite | OpenFlags.NoFollow, OpenFlags.Path | OpenFlags.NoFollow)]
    public void Show_Flags_AreWhatFcntlShows(int flags, int expected) => Assert.Equal(expected, OpenFlags.Show(flags));
}
