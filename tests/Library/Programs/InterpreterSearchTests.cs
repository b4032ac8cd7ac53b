using KvmActors.Interop.Tests.Support;
using KvmActors.Library.Programs;
using KvmActors.Library.Tests.Support;
using KvmActors.Linux.Files;

namespace KvmActors.Library.Tests.Programs;

public sealed class InterpreterSearchTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FindProblem_InterpreterIsThere_IsNone()
    {
        _folder.AddProgram("lib/loader");

        Assert.Null(Problem("/lib/loader", ofScript: false));
    }

    [Theory]
    [InlineData(false, "is linked dynamically, and its interpreter /lib/none is not among what it sees: --root / shows it this machine's files, --map HOST:GUEST some of them")]
    [InlineData(true, "is a script, and its interpreter /lib/none is not among what it sees: --root / shows it this machine's files, --map HOST:GUEST some of them")]
    public void FindProblem_InterpreterIsNowhere_SaysWhatToDo(bool ofScript, string problem) => Assert.Equal(problem, Problem("/lib/none", ofScript));

    [Fact]
    public void FindProblem_InterpreterThatIsAScript_IsFollowed()
    {
        _folder.AddProgram("one", "#!/two\n"u8.ToArray());
        _folder.AddProgram("two", "#!/three\n"u8.ToArray());

        Assert.StartsWith("its interpreter /two: is a script, and its interpreter /three is not", Problem("/one", ofScript: true), StringComparison.Ordinal);
    }

    [Fact]
    public void FindProblem_ScriptsInACircle_AreTheKernelsBusiness()
    {
        _folder.AddProgram("one", "#!/one\n"u8.ToArray());

        Assert.Null(Problem("/one", ofScript: true));
    }

    [Fact]
    public void FindProblem_InterpreterThatIsNoProgram_SaysSo()
    {
        _folder.AddProgram("text", "text"u8.ToArray());

        Assert.Equal("its interpreter /text: is no ELF program", Problem("/text", ofScript: true));
    }

    [Fact]
    public void FindProblem_MappingThatCannotBeOpened_IsToldElsewhere() =>
        Assert.Null(InterpreterSearch.FindProblem(new Interpreter("/bin/sh", OfScript: true), [new FileMapping("/", "/no/such/folder", MappingAccess.Read)]));

    private string? Problem(string path, bool ofScript) =>
        InterpreterSearch.FindProblem(new Interpreter(path, ofScript), [new FileMapping("/", _folder.Root, MappingAccess.Read)]);
}
