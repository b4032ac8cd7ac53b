using FsCheck;
using FsCheck.Fluent;
using KvmActors.Interop.Memory;

namespace KvmActors.Interop.Tests.Memory;

/// <summary>Arbitrary addresses and lengths against a model: a dictionary of the bytes there are.</summary>
public class GuestMemoryPropertyTests
{
    // Two ranges that touch, a hole, one above 4 GiB, and the last page there can be.
    private static readonly MemoryRange[] Ranges =
    [
        new(new GuestPhysAddr(0), 0x2000),
        new(new GuestPhysAddr(0x2000), 0x1000),
        new(new GuestPhysAddr(0x5000), 0x3000),
        new(new GuestPhysAddr(0x1_0000_0000), 0x1000),
        new(new GuestPhysAddr(0xFFFF_FFFF_FFFF_E000), 0x1000),
    ];

    private static readonly ulong[] Edges = [.. Ranges.SelectMany(range => new[] { range.Start.Value, range.End.Value }), 0, 1UL << 31, 1UL << 63, ulong.MaxValue];

    // Near an edge as a rule, since that is where mistakes are; anywhere sometimes.
    private static readonly Gen<ulong> Addresses = Gen.OneOf(
        from edge in Gen.Elements(Edges)
        from offset in Gen.Choose(-20, 20)
        select unchecked(edge + (ulong)offset),
        ArbMap.Default.ArbFor<ulong>().Generator);

    private static readonly Gen<ulong> Lengths = Gen.OneOf(
        Gen.Choose(0, 40).Select(length => (ulong)length),
        Addresses,
        Gen.Elements<ulong>(0x1000, 0x2000, 0x3000, ulong.MaxValue, int.MaxValue, 1UL << 31, 1UL << 32));

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void TryGetSpan_AnyAddressAndLength_SucceedsExactlyInsideOneRange()
    {
        using var memory = GuestMemory.Allocate(Ranges);
        Prop.ForAll(
            Addresses.ToArbitrary(), Lengths.ToArbitrary(),
            (address, length) =>
            {
                var found = memory.TryGetSpan(new GuestPhysAddr(address), length, out var bytes);
                return found == IsInside(address, length) && (ulong)bytes.Length == (found ? length : 0);
            }).Check(Runs);
    }

    [Fact]
    public void TryRead_AndTryWrite_AnyAddress_AgreeWithTheModel()
    {
        using var memory = GuestMemory.Allocate(Ranges);
        var model = new Dictionary<ulong, byte>();
        Prop.ForAll(
            Addresses.ToArbitrary(), ArbMap.Default.ArbFor<ulong>(), ArbMap.Default.ArbFor<ushort>(),
            (address, wide, narrow) =>
            {
                var at = new GuestPhysAddr(address);
                var written = memory.TryWrite(at, wide);
                Store(model, address, BitConverter.GetBytes(wide), written);
                var writtenNarrow = memory.TryWrite(at, narrow);
                Store(model, address, BitConverter.GetBytes(narrow), writtenNarrow);

                var read = memory.TryRead(at, out uint value);
                return written == IsInside(address, 8) && writtenNarrow == IsInside(address, 2) && read == IsInside(address, 4)
                    && value == (read ? BitConverter.ToUInt32(Load(model, address, 4)) : 0);
            }).Check(Runs);
        AssertSame(model, memory);
    }

    [Fact]
    public void TryWriteBytes_AnyAddressAndBytes_WritesAllOrNothing()
    {
        using var memory = GuestMemory.Allocate(Ranges);
        var model = new Dictionary<ulong, byte>();
        Prop.ForAll(
            Addresses.ToArbitrary(), ArbMap.Default.ArbFor<byte[]>(),
            (address, bytes) =>
            {
                var written = memory.TryWriteBytes(new GuestPhysAddr(address), bytes);
                Store(model, address, bytes, written);
                return written == IsInside(address, (ulong)bytes.Length);
            }).Check(Runs);
        AssertSame(model, memory);
    }

    [Fact]
    public void ReadString_AnyBytesAnywhere_AgreesWithTheModel()
    {
        using var memory = GuestMemory.Allocate(Ranges);
        foreach (var range in Ranges)
        {
            memory.TryGetSpan(range.Start, range.Length, out var bytes);
            new Random(1).NextBytes(bytes);
            bytes[^30..].Replace((byte)0, (byte)1);
        }

        Prop.ForAll(
            Addresses.ToArbitrary(), Gen.Choose(0, 600).ToArbitrary(),
            (address, room) =>
            {
                var buffer = new byte[room];
                var result = memory.ReadString(new GuestPhysAddr(address), buffer, out var length);
                var (expected, text) = ModelString(memory, address, room);
                return result == expected && length == text.Length && buffer.AsSpan(0, length).SequenceEqual(text);
            }).Check(Runs);
    }

    private static bool IsInside(ulong address, ulong length) => Ranges.Any(range =>
        address >= range.Start.Value && address < range.End.Value && length <= range.End.Value - address);

    private static (GuestStringResult Result, byte[] Text) ModelString(GuestMemory memory, ulong address, int room)
    {
        if (!IsInside(address, 1))
        {
            return (GuestStringResult.OutsideMemory, []);
        }

        var text = new List<byte>();
        while (text.Count < room)
        {
            // The end of its range is the end of a string, even where another range touches.
            if (!IsInside(address, (ulong)text.Count + 1))
            {
                return (GuestStringResult.OutsideMemory, []);
            }

            memory.TryRead(new GuestPhysAddr(address + (ulong)text.Count), out byte next);
            if (next == 0)
            {
                return (GuestStringResult.Ok, [.. text]);
            }

            text.Add(next);
        }

        return (GuestStringResult.TooLong, []);
    }

    private static void Store(Dictionary<ulong, byte> model, ulong address, byte[] bytes, bool written)
    {
        for (var index = 0; written && index < bytes.Length; index++)
        {
            model[address + (ulong)index] = bytes[index];
        }
    }

    private static byte[] Load(Dictionary<ulong, byte> model, ulong address, int count) =>
        [.. Enumerable.Range(0, count).Select(index => model.GetValueOrDefault(address + (ulong)index))];

    private static void AssertSame(Dictionary<ulong, byte> model, GuestMemory memory)
    {
        foreach (var range in Ranges)
        {
            memory.TryGetSpan(range.Start, range.Length, out var bytes);
            Assert.Equal(Load(model, range.Start.Value, (int)range.Length), bytes.ToArray());
        }
    }
}
