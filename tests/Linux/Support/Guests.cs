using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Hypercalls;

namespace KvmActors.Linux.Tests.Support;

/// <summary>Tiny real-mode guests, each of which ends in one way.</summary>
internal static class Guests
{
    private const int Data = 0x200;

    public static Code16 Halt() => new Code16().Hlt();

    public static Code16 Exit(uint status) => new Code16().MovDx((ushort)HypercallPort.Exit).MovEax(status).OutDx(4);

    public static Code16 Panic(string message) =>
        new Code16().MovDx((ushort)HypercallPort.Panic).MovEax(Data).OutDx(4).DataAt(Data, System.Text.Encoding.UTF8.GetBytes(message + "\0"));

    public static Code16 Crash() => new Code16().MovDx(0x1234).MovAx(0xBEEF).OutDx(2);

    /// <summary>Prints a line and ends.</summary>
    public static Code16 Print(string line) => Printing(line).Hlt();

    /// <summary>Prints a line, so that a test knows it runs, and never ends.</summary>
    public static Code16 Spin(string line = "up") => Printing(line).Spin();

    private static Code16 Printing(string line)
    {
        var code = new Code16().MovDx(0xE9);
        foreach (var value in line + "\n")
        {
            code.MovAl((byte)value).OutDx(1);
        }

        return code;
    }
}
