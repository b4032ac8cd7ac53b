using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Programs;
using KvmActors.Library.Tests.Support;
using KvmActors.Linux.Files;

namespace KvmActors.Library.Tests.Programs;

[Collection(SerialCollection.Name)]
public sealed class ProgramSearchTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly EnvironmentScope _environment = new();

    public void Dispose()
    {
        _environment.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Find_PathOnTheHost_IsMappedAtThatPath()
    {
        var file = _folder.AddFile("bin/program", "");

        Assert.Equal(new FoundProgram(file, file, NeedsMapping: true), ProgramSearch.Find(file, []));
        Assert.Equal(new FoundProgram(file, file, NeedsMapping: true), ProgramSearch.Find(_folder["bin/../bin/./program"], []));
        Assert.Equal(file, ProgramSearch.Find(Path.GetRelativePath(Environment.CurrentDirectory, file), []).GuestPath);
    }

    [Fact]
    public void Find_Name_IsTheFirstAlongPath()
    {
        _folder.AddFolder("one/program");
        var second = _folder.AddFile("two/program", "");
        _folder.AddFile("three/program", "");
        _environment["PATH"] = $"{_folder["none"]}::{_folder["one"]}:{_folder["two"]}:{_folder["three"]}";

        Assert.Equal(new FoundProgram(second, second, NeedsMapping: true), ProgramSearch.Find("program", []));
    }

    [Fact]
    public void Find_NameThatIsNotOnPath_IsAProgramThatCameAlong()
    {
        _environment["PATH"] = null;

        Assert.Equal(Path.Combine(AppContext.BaseDirectory, "guest", "user", "hello"), ProgramSearch.Find("hello", []).HostPath);
    }

    [Fact]
    public void Find_NameOfBoth_IsTheOneOnPath()
    {
        var file = _folder.AddProgram("hello");
        _environment["PATH"] = _folder.Root;

        Assert.Equal(file, ProgramSearch.Find("hello", []).HostPath);
    }

    [Theory]
    [InlineData("no-such-program")]
    [InlineData("/no/such/program")]
    [InlineData("./hello")]
    [InlineData("")]
    public void Find_Nowhere_EndsWith127(string program)
    {
        var error = Assert.Throws<ProgramException>(() => ProgramSearch.Find(program, []));

        Assert.Equal((127, $"{program}: not found"), (error.ExitCode, error.Message));
    }

    [Fact]
    public void Find_PathInAMapping_IsTheGuests()
    {
        var file = _folder.AddFile("tools/bin/program", "");

        Assert.Equal(new FoundProgram("/opt/bin/program", file, NeedsMapping: false), ProgramSearch.Find("/opt/bin/program", [Map("/opt", "tools")]));
        Assert.Equal(new FoundProgram("/bin/program", file, NeedsMapping: false), ProgramSearch.Find("/bin/program", [Map("/", "tools")]));
        Assert.Equal(new FoundProgram("/opt/bin/program", file, NeedsMapping: false), ProgramSearch.Find("/opt/bin/program", [Map("/opt/", "tools")]));
    }

    [Fact]
    public void Find_MappingOfTheProgramItself_IsTheGuests()
    {
        var file = _folder.AddFile("program", "");

        Assert.Equal(new FoundProgram("/bin/x", file, NeedsMapping: false), ProgramSearch.Find("/bin/x", [Map("/bin/x", "program")]));
    }

    [Fact]
    public void Find_NameInARoot_IsAlongItsPathAndNotTheHosts()
    {
        var file = _folder.AddProgram("root/usr/bin/tool");
        _folder.AddProgram("host/tool");
        _environment["PATH"] = _folder["host"];

        Assert.Equal(new FoundProgram("/usr/bin/tool", file, NeedsMapping: false), FindInRoot("tool"));
        Assert.Equal(127, Assert.Throws<ProgramException>(() => FindInRoot("tool", "/bin:/sbin")).ExitCode);
        Assert.Equal(127, Assert.Throws<ProgramException>(() => FindInRoot("hello")).ExitCode);
    }

    [Fact]
    public void Find_LinkInARoot_LeadsWhereTheProgramSeesItLead()
    {
        var file = _folder.AddProgram("root/usr/bin/busybox");
        _folder.AddFolder("root/bin");
        _folder.AddLink("root/bin/sh", "/usr/bin/busybox");

        Assert.Equal(new FoundProgram("/bin/sh", file, NeedsMapping: false), FindInRoot("/bin/sh"));
        Assert.Equal(new FoundProgram("/bin/sh", file, NeedsMapping: false), FindInRoot("sh", "/bin"));
    }

    [Fact]
    public void Find_RelativePathInARoot_IsTheHostsWhereThatIsInIt()
    {
        var file = _folder.AddProgram("root/work/tool");
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, file);

        Assert.Equal(new FoundProgram("/work/tool", file, NeedsMapping: false), FindInRoot(relative));
        Assert.Equal(new FoundProgram("/work/tool", file, NeedsMapping: false), FindInRoot("work/tool"));
    }

    private FoundProgram FindInRoot(string program, string? path = null) => ProgramSearch.Find(program, [Map("/", "root")], _folder["root"], path);

    [Fact]
    public void Find_MappingsInOneAnother_TheInnermostCounts()
    {
        _folder.AddFile("outer/bin/program", "");
        var inner = _folder.AddFile("inner/program", "");

        Assert.Equal(inner, ProgramSearch.Find("/opt/bin/program", [Map("/opt", "outer"), Map("/opt/bin", "inner")]).HostPath);
        Assert.Equal(inner, ProgramSearch.Find("/opt/bin/program", [Map("/opt/bin", "inner"), Map("/opt", "outer")]).HostPath);
    }

    [Fact]
    public void Find_NotInTheMapping_SaysWhereItWouldBe()
    {
        // The host's own file at this path is not what the guest would see.
        var file = _folder.AddFile("program", "");
        _folder.AddFolder("empty");

        var error = Assert.Throws<ProgramException>(() => ProgramSearch.Find(file, [Map(_folder.Root, "empty")]));

        Assert.Equal(127, error.ExitCode);
        Assert.Contains($"{_folder["empty/program"]}, which is mapped there, does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_BesideAMapping_IsTheHosts()
    {
        var file = _folder.AddFile("tools-2/program", "");
        _folder.AddFolder("tools");

        Assert.True(ProgramSearch.Find(file, [Map(_folder["tools"], "tools")]).NeedsMapping);
    }

    [Theory]
    [InlineData("//data/program")]
    [InlineData("/../data/./program")]
    [InlineData("/data/folder/../program")]
    public void Find_GuestPathWithDetours_IsFoundInItsMapping(string path)
    {
        var file = _folder.AddFile("program", "");
        FileMapping[] maps = [new("/data", _folder.Root, MappingAccess.Read)];

        Assert.Equal(new FoundProgram("/data/program", file, NeedsMapping: false), ProgramSearch.Find(path, maps));
    }

    [Fact]
    public void Find_NotExecutableAlongPath_IsPassedOverForOneThatIs()
    {
        var first = _folder.AddFile("one/program", "");
        var second = _folder.AddFile("two/program", "");
        File.SetUnixFileMode(first, UnixFileMode.UserRead);
        _environment["PATH"] = $"{_folder["one"]}:{_folder["two"]}";

        File.SetUnixFileMode(second, UnixFileMode.UserRead);
        Assert.Equal(first, ProgramSearch.Find("program", []).HostPath);

        File.SetUnixFileMode(second, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(second, ProgramSearch.Find("program", []).HostPath);
    }

    private FileMapping Map(string guest, string host) => new(guest, _folder[host], MappingAccess.Read);
}
