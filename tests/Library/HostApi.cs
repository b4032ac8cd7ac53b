using System.Runtime.InteropServices;

namespace KvmActors.Library.Tests;

/// <summary>Functions that the tests' guests call; the source generator writes the other half.</summary>
[HostFunctions]
internal sealed partial class HostApi
{
    public Action? Asked { get; init; }

    [HostFunction]
    public async ValueTask<int> Query(string key, CancellationToken cancellationToken)
    {
        Asked?.Invoke();
        switch (key)
        {
            case "later":
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
                break;
            case "never":
                await Task.Delay(Timeout.Infinite, cancellationToken);
                break;
            case "told":
                throw new HostFunctionException("no such key");
            case "secret":
                throw new InvalidOperationException("/etc/shadow");
        }

        return key.Length;
    }

    [HostFunction(RunsOnVcpu = true)]
    public static int Twice(int value) => 2 * value;

    [HostFunction]
    public static byte[] Blocks(ReadOnlyMemory<byte> bytes, long number, double fraction, bool isTrue, Point point) =>
        [.. bytes.ToArray().Reverse(), (byte)-number, (byte)(fraction * 100), isTrue ? (byte)1 : (byte)0, (byte)(point.X * 2), (byte)-point.Y, (byte)point.Id];
}

/// <summary>A structure that both sides have.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Point(double X, double Y, int Id);

/// <summary>A guest's functions with types; the source generator writes the other half.</summary>
[GuestFunctions]
internal sealed partial class CallsGuest(Guest guest)
{
    [GuestFunction(Name = "score")]
    public partial ValueTask<int> ScoreAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default);

    [GuestFunction(Name = "mirror")]
    public partial Task<Point> MirrorAsync(Point point);

    [GuestFunction(Name = "sum")]
    public partial ValueTask<long> SumAsync(sbyte a, byte b, short c, ushort d, int e, uint f, long g, ulong h, bool i);

    [GuestFunction(Name = "fail")]
    public partial ValueTask FailAsync(string why);
}
