using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Files;

/// <summary>That the mistakes which tests put back are the holes they stand for: without a sandbox behind it, each lets a guest through.</summary>
public sealed class FlawedRuleTests : IDisposable
{
    private const int WriteOnly = 1;

    private readonly TempFolder _folder = new();

    public FlawedRuleTests()
    {
        _folder.AddFile("secret", "secret");
        _folder.AddFile("p/prog", "program");
        _folder.AddFile("p/.git/config", "config");
        _folder.AddFile("r/file", "read-only");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RootsByPath_MappedFileReplacedByALink_ReadsWhatIsOutside()
    {
        FileMapping[] mappings = [new("/data", _folder["p"], MappingAccess.ReadWrite), new("/prog", _folder["p/prog"], MappingAccess.Read)];
        using var guest = new SyscallGuest(mappings, makeRule: tree => new RootsByPath(tree, mappings));
        File.Delete(_folder["p/prog"]);
        _folder.AddLink("p/prog", _folder["secret"]);

        Assert.Equal("secret", guest.Content("/prog"));
    }

    [Fact]
    public void RightOfTheBeginning_LinkIntoAReadOnlyMapping_ChangesIt()
    {
        _folder.AddLink("p/link", "/r/file");
        using var guest = new SyscallGuest(
            [new("/data", _folder["p"], MappingAccess.ReadWrite), new("/r", _folder["r"], MappingAccess.Read)], makeRule: tree => new RightOfTheBeginning(tree));

        Assert.Equal(0, guest.Call(CallNumber.Chmod, guest.Put("/data/link"), 0x1FF));
    }

    [Fact]
    public void LinksOfTheKernel_LinkPastANestedMapping_WritesThere()
    {
        _folder.AddLink("p/link", ".git/config");
        using var guest = new SyscallGuest(
            [new("/p", _folder["p"], MappingAccess.ReadWrite), new("/p/.git", _folder["p/.git"], MappingAccess.Read)], makeRule: tree => new LinksOfTheKernel(tree));

        Assert.Equal(1, guest.Call(CallNumber.Write, (ulong)guest.Open("/p/link", WriteOnly), guest.Put("x"), 1));
    }
}
