using System.Text;
using KvmActors.Library.Programs;
using KvmActors.Library.Tests.Support;
using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Library.Tests.Programs;

public sealed class ExecutableFileTests : IDisposable
{
    private const ushort Relocatable = 1, Shared = 3, Core = 4, Arm64 = 183;
    private const uint Interpreter = 3, Dynamic = 2;
    private const int ClassOffset = 4, ByteOrderOffset = 5;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(UnixFileMode.UserExecute)]
    [InlineData(UnixFileMode.GroupExecute)]
    [InlineData(UnixFileMode.OtherExecute)]
    public void FindProblem_StaticProgram_IsFine(UnixFileMode mode) =>
        Assert.Null(ExecutableFile.FindProblem(_folder.AddProgram("program", ProgramFile.Static, UnixFileMode.UserRead | mode), out _));

    [Fact]
    public void FindProblem_StaticPie_IsFine()
    {
        // A static-pie has a dynamic section, but nobody to interpret it.
        var file = new ElfFile { Entry = 0x1000 }.Add(0x1000, [0xF4]).Add(0x2000, new byte[16], type: Dynamic).ToArray();

        Assert.Null(Problem(ElfFile.Put16(file, ElfFile.TypeOffset, Shared)));
    }

    [Fact]
    public void FindProblem_LinkToAProgram_IsFine()
    {
        _folder.AddProgram("program");
        _folder.AddLink("link", _folder["program"]);

        Assert.Null(ExecutableFile.FindProblem(_folder["link"], out _));
    }

    [Fact]
    public void FindProblem_Directory_IsSaid() => Assert.Equal("is a directory", ExecutableFile.FindProblem(_folder.AddFolder("folder"), out _));

    [Fact]
    public void FindProblem_NotExecutable_SaysHowToMakeItSo()
    {
        var problem = ExecutableFile.FindProblem(_folder.AddProgram("program", ProgramFile.Static, UnixFileMode.UserRead | UnixFileMode.UserWrite), out _);

        Assert.Equal("permission denied: it is not executable (chmod +x)", problem);
    }

    [Theory]
    [InlineData("#!", "is a script that names no interpreter in its first 256 bytes")]
    [InlineData("#! \t\n/bin/sh", "is a script that names no interpreter in its first 256 bytes")]
    [InlineData("", "is no ELF program")]
    [InlineData("MZ and whatever else a program for another system begins with, for long enough", "is no ELF program")]
    [InlineData("\u007fELF", "is no ELF program")]
    public void FindProblem_OtherContents_IsSaid(string contents, string problem) => Assert.Equal(problem, Problem(Encoding.ASCII.GetBytes(contents)));

    [Fact]
    public void FindProblem_OtherProcessor_IsSaid()
    {
        const string Expected = "is not a 64-bit x86-64 program";
        var bits32 = ProgramFile.Static;
        bits32[ClassOffset] = 1;
        var bigEndian = ProgramFile.Static;
        bigEndian[ByteOrderOffset] = 2;

        Assert.Equal(Expected, Problem(bits32));
        Assert.Equal(Expected, Problem(bigEndian));
        Assert.Equal(Expected, Problem(ElfFile.Put16(ProgramFile.Static, ElfFile.MachineOffset, Arm64)));
    }

    [Theory]
    [InlineData(Relocatable)]
    [InlineData(Core)]
    public void FindProblem_OtherKindOfElfFile_IsSaid(ushort type) =>
        Assert.Equal("is no executable", Problem(ElfFile.Put16(ProgramFile.Static, ElfFile.TypeOffset, type)));

    [Theory]
    [InlineData(2)]
    [InlineData(Shared)]
    public void FindProblem_DynamicProgram_NeedsItsInterpreter(ushort type)
    {
        var file = new ElfFile { Entry = 0x1000 }
            .Add(0x1000, [0xF4]).Add(0x2000, "/lib64/ld-linux-x86-64.so.2\0"u8.ToArray(), type: Interpreter).ToArray();

        var problem = ExecutableFile.FindProblem(_folder.AddProgram("program", ElfFile.Put16(file, ElfFile.TypeOffset, type)), out var interpreter);

        Assert.Null(problem);
        Assert.Equal(new Interpreter("/lib64/ld-linux-x86-64.so.2", OfScript: false), interpreter);
    }

    [Fact]
    public void FindProblem_Script_NeedsItsInterpreter()
    {
        var problem = ExecutableFile.FindProblem(_folder.AddProgram("script", "#!/bin/sh -e\nexit 0\n"u8.ToArray()), out var interpreter);

        Assert.Null(problem);
        Assert.Equal(new Interpreter("/bin/sh", OfScript: true), interpreter);
    }

    [Theory]
    [InlineData(ElfFile.TableOffset, 0x7FFF_FFFF_FFFF_FFFFUL)]
    [InlineData(ElfFile.TableOffset, ulong.MaxValue)]
    [InlineData(ElfFile.TableOffset, 100UL)]
    public void FindProblem_HeadersOutsideTheFile_AreTheKernelsBusiness(int offset, ulong value) =>
        Assert.Null(Problem(ElfFile.Put64(ProgramFile.Static, offset, value)));

    private string? Problem(byte[] contents) => ExecutableFile.FindProblem(_folder.AddProgram("program", contents), out _);
}
