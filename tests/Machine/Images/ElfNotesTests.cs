using System.Buffers.Binary;
using KvmActors.Machine.Images;

namespace KvmActors.Machine.Tests.Images;

public class ElfNotesTests
{
    private const uint StartsVcpus = 1;

    [Fact]
    public void SayStartsVcpus_NoteOfThatNameAndType_Says() => Assert.True(ElfNotes.SayStartsVcpus(Note("KvmActors", StartsVcpus)));

    [Fact]
    public void SayStartsVcpus_BehindOthers_Says() =>
        Assert.True(ElfNotes.SayStartsVcpus([.. Note("GNU", 3, 20), .. Note("KvmActors", 7, 3), .. Note("KvmActors", StartsVcpus)]));

    [Theory]
    [InlineData("KvmActors", 2)]
    [InlineData("KvmActor", 1)]
    [InlineData("KvmActors2", 1)]
    public void SayStartsVcpus_AnotherNameOrType_SaysNothing(string name, int type) => Assert.False(ElfNotes.SayStartsVcpus(Note(name, (uint)type)));

    [Fact]
    public void SayStartsVcpus_CutOffAnywhere_SaysNothing()
    {
        byte[] notes = [.. Note("GNU", 3, 20), .. Note("KvmActors", StartsVcpus)];
        var named = Note("GNU", 3, 20).Length + 12 + "KvmActors\0".Length;

        Assert.All(Enumerable.Range(0, named), length => Assert.False(ElfNotes.SayStartsVcpus(notes.AsSpan(0, length))));
    }

    [Fact]
    public void SayStartsVcpus_SizesBeyondTheFile_SaysNothing() =>
        Assert.False(ElfNotes.SayStartsVcpus([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0]));

    private static byte[] Note(string name, uint type, int size = 0)
    {
        var bytes = new byte[12 + ((name.Length + 1 + 3) & ~3) + ((size + 3) & ~3)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, name.Length + 1);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), size);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), type);
        System.Text.Encoding.ASCII.GetBytes(name, bytes.AsSpan(12));
        return bytes;
    }
}
