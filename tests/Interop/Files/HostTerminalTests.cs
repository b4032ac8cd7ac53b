using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.Interop.Tests.Files;

[Collection(SerialCollection.Name)]
public class HostTerminalTests
{
    [Fact]
    public void IsTerminal_Pipe_IsFalse()
    {
        using var input = new StandardInput();

        Assert.False(HostTerminal.IsTerminal(0));
        Assert.Equal(Errno.ENOTTY.ToResult(), HostTerminal.GetSettings(0, new byte[HostTerminal.SettingsBytes]));
        Assert.Equal(Errno.ENOTTY.ToResult(), HostTerminal.GetSize(0, out _));
    }

    // The other side of a pseudo-terminal, as a terminal program has it.
    [Fact]
    [Trait("Needs", "Terminal")]
    public void GetSettings_Terminal_AreThere()
    {
        using var terminal = File.OpenHandle("/dev/ptmx", FileMode.Open, FileAccess.ReadWrite);
        var number = (int)terminal.DangerousGetHandle();
        var settings = new byte[HostTerminal.SettingsBytes + 4];
        settings.AsSpan().Fill(0xEE);

        Assert.True(HostTerminal.IsTerminal(number));
        Assert.Equal(0, HostTerminal.GetSettings(number, settings.AsSpan(0, HostTerminal.SettingsBytes)));

        // No more than the structure was written.
        Assert.Equal([0xEE, 0xEE, 0xEE, 0xEE], settings[^4..]);
        Assert.Contains(settings, value => value != 0xEE);
        Assert.Equal(0, HostTerminal.GetSize(number, out var size));
        Assert.Equal((0, 0), (size.ws_row, size.ws_col));
    }

    [Theory]
    [InlineData(HostTerminal.SettingsBytes, TerminalChange.Now)]
    [InlineData(HostTerminal.SettingsBytes, TerminalChange.AfterOutput)]
    [InlineData(HostTerminal.LongSettingsBytes, TerminalChange.AfterOutputDroppingInput)]
    [Trait("Needs", "Terminal")]
    public void SetSettings_Terminal_ChangesAllButTheLine(int bytes, TerminalChange when)
    {
        const int ControlFlags = 8, LocalFlags = 12;
        using var terminal = File.OpenHandle("/dev/ptmx", FileMode.Open, FileAccess.ReadWrite);
        var number = (int)terminal.DangerousGetHandle();
        var settings = new byte[bytes];
        Assert.Equal(0, HostTerminal.GetSettings(number, settings));
        Assert.False(HostTerminal.IsRaw(number));
        var wanted = settings.ToArray();
        wanted.AsSpan(ControlFlags, 4).Clear();
        wanted.AsSpan(LocalFlags, 4).Clear();

        Assert.Equal(0, HostTerminal.SetSettings(number, wanted, when));

        settings.AsSpan(LocalFlags, 4).Clear();
        Assert.True(HostTerminal.IsRaw(number));
        Assert.Equal(0, HostTerminal.GetSettings(number, wanted));
        Assert.Equal(settings, wanted);
    }

    [Fact]
    [Trait("Needs", "Terminal")]
    public void Queues_Terminal_AreEmptiedAndCounted()
    {
        using var terminal = File.OpenHandle("/dev/ptmx", FileMode.Open, FileAccess.ReadWrite);
        var number = (int)terminal.DangerousGetHandle();

        Assert.Equal((0, 0), (HostTerminal.GetUnsent(number, out var unsent), unsent));
        Assert.Equal((0, 0), (HostTerminal.Drain(number), HostTerminal.Flush(number, queue: 2)));
        Assert.Equal(Errno.EINVAL.ToResult(), HostTerminal.Flush(number, queue: 3));
    }

    [Fact]
    public void GetSettings_RoomTooSmall_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => HostTerminal.GetSettings(0, new byte[HostTerminal.SettingsBytes - 1]));
}
