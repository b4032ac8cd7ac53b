using KvmActors.Host.Configuration;
using KvmActors.Host.Tests.Support;
using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Checking;
using KvmActors.Linux.Files;

namespace KvmActors.Host.Tests.Configuration;

public sealed class FileValidatorTests : IDisposable
{
    private const int MaxInputBytes = 16 << 20;

    private readonly TempFolder _folder = new();
    private readonly Problems _problems = new();
    private readonly FileValidator _validator;

    public FileValidatorTests() => _validator = new FileValidator(_folder["scenario.json"], _problems, new WholeFiles());

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("data", MappingAccess.Read, "Host=data")]
    [InlineData("data", MappingAccess.ReadWrite, "Host=data", "Access=readwrite")]
    [InlineData("data", MappingAccess.Overlay, "Host=data", "Access=Overlay")]
    [InlineData("data/file.txt", MappingAccess.Read, "Host=./data/../data/file.txt", "Access=Read")]
    public void ReadMapping_FileOrFolder_IsFoundBesideTheScenario(string host, MappingAccess access, params string[] settings)
    {
        _folder.AddFile("data/file.txt", "");

        Assert.Equal(new FileMapping("/etc/data", _folder[host], access), Read(["Guest=/etc/data", .. settings]));
        Assert.Empty(_problems.Lines());
    }

    [Theory]
    [InlineData("Guest", "missing or not absolute", "Host=/proc")]
    [InlineData("Guest", "missing or not absolute", "Host=/proc", "Guest=")]
    [InlineData("Guest", "missing or not absolute", "Host=/proc", "Guest=etc")]
    [InlineData("Guest", "has a NUL in it", "Host=/proc", "Guest=/n\0")]
    [InlineData("Host", "missing; name the host's file or folder", "Guest=/etc")]
    [InlineData("Host", "missing; name the host's file or folder", "Guest=/etc", "Host=")]
    [InlineData("Host", "there is no file or folder no/such", "Guest=/etc", "Host=no/such")]
    [InlineData("Access", "'Write' is unknown; use one of Read, Overlay, ReadWrite", "Guest=/etc", "Host=/proc", "Access=Write")]
    public void ReadMapping_Wrong_IsRefused(string key, string problem, params string[] settings)
    {
        Assert.Null(Read(settings));

        var line = Assert.Single(_problems.Lines());
        Assert.StartsWith($"File:{key}: ", line, StringComparison.Ordinal);
        Assert.Contains(problem, line, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadMapping_AllWrong_SaysAllOfIt()
    {
        Read("Access=x");

        Assert.Equal(3, _problems.Count);
    }

    [Fact]
    public void ReadInput_NotGiven_IsEmpty()
    {
        Assert.Empty(_validator.ReadInput("Stdin", null));
        Assert.Empty(_problems.Lines());
    }

    [Fact]
    public void ReadInput_File_IsItsBytes()
    {
        _folder.AddFile("in/put", "a\nb");

        Assert.Equal("a\nb"u8.ToArray(), _validator.ReadInput("Stdin", "in/put"));
        Assert.Empty(_problems.Lines());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("folder")]
    public void ReadInput_NoFile_IsRefused(string name)
    {
        _folder.AddFolder("folder");

        Assert.Empty(_validator.ReadInput("Stdin", name));
        Assert.Equal([$"Stdin: there is no file {name} beside the scenario, beside the program or in the current folder"], _problems.Lines());
    }

    [Theory]
    [InlineData(MaxInputBytes, true)]
    [InlineData(MaxInputBytes + 1, false)]
    public void ReadInput_Size_IsLimited(int bytes, bool isAccepted)
    {
        using (var file = File.Create(_folder["large"]))
        {
            file.SetLength(bytes);
        }

        Assert.Equal(isAccepted ? bytes : 0, _validator.ReadInput("Stdin", "large").Length);
        Assert.Equal(isAccepted ? [] : ["Stdin: it is longer than 16 MiB"], _problems.Lines());
    }

    [Theory]
    [InlineData("/", "/")]
    [InlineData("//", "/")]
    [InlineData("/a/./b//c", "/a/b/c")]
    [InlineData("/a/b/../c", "/a/c")]
    [InlineData("/../../a", "/a")]
    [InlineData("/ä/", "/ä/")]
    public void Normalise_GuestPath_IsWithoutDetours(string path, string expected) => Assert.Equal(expected, FileValidator.Normalise(path));

    private FileMapping? Read(params string[] settings) => _validator.ReadMapping("File", Settings.Read<Host.Configuration.FileOptions>(settings));
}
