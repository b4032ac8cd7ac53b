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
        Assert.Equal(0, HostTerminal.GetSettings(number, settings));

        // No more than the structure was written.
        Assert.Equal([0xEE, 0xEE, 0xEE, 0xEE], settings[^4..]);
        Assert.Contains(settings, value => value != 0xEE);
        Assert.Equal(0, HostTerminal.GetSize(number, out var size));
        Assert.Equal((0, 0), (size.ws_row, size.ws_col));
    }

    [Fact]
    public void GetSettings_RoomTooSmall_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => HostTerminal.GetSettings(0, new byte[HostTerminal.SettingsBytes - 1]));
}
