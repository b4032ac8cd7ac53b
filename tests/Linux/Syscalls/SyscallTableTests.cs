using System.Text;
using System.Text.RegularExpressions;
using KvmActors.Interop.Tests.Support;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tests.Support;

namespace KvmActors.Linux.Tests.Syscalls;

public sealed partial class SyscallTableTests
{
    [Fact]
    [Trait("Needs", "Repository")]
    public void Document_IsWhatTheTableSays()
    {
        var file = Path.Combine(RepositoryRoot(), "docs", "syscalls.md");
        var expected = Document();
        var actual = File.Exists(file) ? File.ReadAllText(file) : "";
        if (actual != expected && Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(file, expected);
            return;
        }

        Assert.True(actual == expected, $"{file} is not what SyscallTable says. Run this test with UPDATE_DOCS=1 in the environment, and commit the file.");
    }

    [Fact]
    [Trait("Needs", "Compiler")]
    public void Names_AreThoseOfTheKernelsHeader()
    {
        using var folder = new TempFolder();
        var lines = SyscallNames.Numbers.Select(number => $"    printf(\"{SyscallNames.Find(number)} %d\\n\", __NR_{SyscallNames.Find(number)});");
        var source = folder.AddFile("names.c", $"#include <stdio.h>\n#include <asm/unistd.h>\nint main(void)\n{{\n{string.Join('\n', lines)}\n    return 0;\n}}\n");

        Assert.All(CCompiler.Run(source), row => Assert.Equal(row.Key, SyscallNames.Find((int)row.Value)));
    }

    [Fact]
    public void CallNumbers_AreNamedAsTheirSystemCalls()
    {
        foreach (var number in Enum.GetValues<CallNumber>().Where(number => number < CallNumber.Zero))
        {
            Assert.Equal(number.ToString().ToLowerInvariant(), SyscallNames.Find((int)number)!.Replace("_", "", StringComparison.Ordinal));
            Assert.Equal(SyscallNames.Find((int)number), CallNames.NameOf((int)number));
        }
    }

    [Fact]
    public void Rows_AreUnique() => Assert.Equal(SyscallTable.Rows.Count, SyscallTable.Rows.DistinctBy(row => row.Number).Count());

    [Fact]
    public void Find_NumberOfNoHostRow_IsNull()
    {
        var served = SyscallTable.Rows.Where(row => row.Handler is not null).Select(row => row.Number).ToHashSet();

        Assert.All(Enumerable.Range(-10, 2000).Where(number => !served.Contains(number)), number => Assert.Null(SyscallTable.Find((CallNumber)number)));
        Assert.Null(SyscallTable.Find((CallNumber)int.MinValue));
        Assert.Null(SyscallTable.Find((CallNumber)int.MaxValue));
    }

    // What a row leads to is told by what it does: each of these calls is told apart from the others by its result.
    [Theory]
    [InlineData("getcwd", 2L)]
    [InlineData("umask", 0x12L)]
    [InlineData("dup", 3L)]
    [InlineData("sync", 0L)]
    [InlineData("fchdir", -20L)]
    [InlineData("mknod", -30L)]
    [InlineData("setsid", -1L)]
    [InlineData("getgroups", 0L)]
    [InlineData("sched_get_priority_max", 0L)]
    [InlineData("getpriority", 20L)]
    [InlineData("sched_getaffinity", -22L)]
    [InlineData("truncate", -2L)]
    [InlineData("lseek", -29L)]
    public void Rows_OfTheHost_LeadToTheirCalls(string name, long expected)
    {
        using var folder = new TempFolder();
        using var guest = SyscallGuest.With(folder);

        var first = name switch { "getcwd" => guest.Room(64), "truncate" or "mknod" => guest.Put("/nowhere"), _ => 0UL };

        Assert.Equal(expected, guest.Call((CallNumber)SyscallNames.NumberOf(name), first, name == "getcwd" ? 64UL : 0));
    }

    // A row that no method serves would be ENOSYS behind the table's back.
    [Fact]
    public void Rows_OfTheHost_AreServed()
    {
        using var folder = new TempFolder();
        using var guest = SyscallGuest.With(folder);
        foreach (var row in SyscallTable.Rows.Where(row => row.Handler is not null))
        {
            foreach (var fd in (ulong[])[0, 999])
            {
                Assert.True(guest.Call((CallNumber)row.Number, fd, 1, 1, 1, 1) != -38, row.Name);
            }
        }
    }

    // LOCAL_SYSCALLS is what the kernel's own table and bitmap are made from.
    [Fact]
    [Trait("Needs", "Repository")]
    public void KernelRows_AreThoseOfTheKernelsTable()
    {
        var header = File.ReadAllText(Path.Combine(RepositoryRoot(), "guest", "kernel", "syscall.h"));
        var local = LocalSyscall().Matches(header)
            .Where(match => match.Groups["function"].Value != "sys_enosys")
            .Select(match => (int.Parse(match.Groups["number"].Value), match.Groups["name"].Value));

        Assert.Equal(local.Order(), SyscallTable.Rows.Where(row => row.Handler is null).Select(row => (row.Number, row.Name)).Order());
    }

    [GeneratedRegex(@"X\(argument, (?<number>\d+), (?<name>\w+), (?<function>\w+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LocalSyscall();

    private static string Document()
    {
        var text = new StringBuilder("""
            # System calls

            Linux's system calls of x86-64, and who serves them to a program under the guest kernel. Generated from `SyscallTable`
            (src/Linux/Syscalls/SyscallTable.cs) by a test: run the tests with `UPDATE_DOCS=1` to write this page anew.

            Paths are looked up name by name in the guest's own view, as Linux does it: `..` is the directory that was passed before,
            and links, 40 at the most, lead where the guest sees them lead. What may be done with what was reached is decided by the
            most specific mapping that holds it on the host, whatever the path to it. A link's text and what follows it may be 16 KiB
            long together (ENAMETOOLONG), and links may lead through 16,384 names in all (ELOOP).

            | Number | Call | Arguments | Served by | Missing or different |
            | --- | --- | --- | --- | --- |

            """);
        foreach (var row in SyscallTable.Rows)
        {
            var server = row.Handler is null ? "kernel" : "host";
            text.Append($"| {row.Number} | `{row.Name}` | {row.Arguments} | {server} | {row.Missing} |\n");
        }

        var served = SyscallTable.Rows.Select(row => row.Number).ToHashSet();
        var absent = SyscallNames.Numbers.Where(number => !served.Contains(number)).Select(number => $"`{SyscallNames.Find(number)}`");
        return text.Append("\nAll others give ENOSYS and are counted in the results (`vms[].missingSystemCalls`): ")
            .Append(string.Join(", ", absent)).Append(".\n").ToString();
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "KvmActors.sln")))
        {
            folder = folder.Parent;
        }

        Assert.NotNull(folder);
        return folder.FullName;
    }
}
