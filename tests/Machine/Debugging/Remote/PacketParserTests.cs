using System.Text;
using FsCheck;
using FsCheck.Fluent;
using KvmActors.Machine.Debugging.Remote;

namespace KvmActors.Machine.Tests.Debugging.Remote;

public class PacketParserTests
{
    [Fact]
    public void Take_WhatWasWrapped_IsTheSameContent() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), content =>
    {
        var packet = Assert.Single(Feed(PacketText.Wrap(content)));
        return packet.Kind == PacketKind.Packet && packet.Content.SequenceEqual(content);
    }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Take_AnyBytes_ArePacketsBrokenOnesOrNothingAndAWholeOneIsStillFound() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), noise =>
    {
        // What was begun ends with a packet's own begin.
        var packets = Feed([.. noise, .. PacketText.Wrap("OK"u8), .. PacketText.Wrap("OK"u8)]);
        return packets[^1].Kind == PacketKind.Packet && packets[^1].Content.SequenceEqual("OK"u8.ToArray())
            && packets.All(packet => packet.Content.Length <= PacketParser.MaxContentBytes);
    }).Check(Config.QuickThrowOnFailure);

    [Theory]
    [InlineData("$g#67", PacketKind.Packet, "g")]
    [InlineData("noise$g#67", PacketKind.Packet, "g")]
    [InlineData("$cut$g#67", PacketKind.Packet, "g")]
    [InlineData("$g#68", PacketKind.Broken, "")]
    [InlineData("$g#6x", PacketKind.Broken, "")]
    [InlineData("$g#x7", PacketKind.Broken, "")]
    [InlineData("$}#7d", PacketKind.Broken, "")]
    [InlineData("$a}\u0003#e1", PacketKind.Packet, "a#")]
    [InlineData("\u0003", PacketKind.Interrupt, "")]
    [InlineData("+", PacketKind.Acknowledged, "")]
    [InlineData("-", PacketKind.NotAcknowledged, "")]
    public void Take_Bytes_AreRead(string bytes, PacketKind kind, string content)
    {
        var packet = Assert.Single(Feed(Encoding.Latin1.GetBytes(bytes)));

        Assert.Equal((kind, content), (packet.Kind, Encoding.Latin1.GetString(packet.Content)));
    }

    [Fact]
    public void Take_PacketWithoutEnd_TakesNoMoreThanAPacketsMemory()
    {
        var parser = new PacketParser();
        parser.Take((byte)'$');
        for (var count = 0; count < 1_000_000; count++)
        {
            Assert.Null(parser.Take((byte)'x'));
        }

        Assert.Equal(PacketKind.Broken, Feed("#00"u8.ToArray(), parser).Single().Kind);
    }

    private static List<RemotePacket> Feed(byte[] bytes, PacketParser? parser = null)
    {
        parser ??= new PacketParser();
        return [.. bytes.Select(parser.Take).OfType<RemotePacket>()];
    }
}
