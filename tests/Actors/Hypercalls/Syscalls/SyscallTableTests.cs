using System.Text;
using System.Text.RegularExpressions;
using KvmActors.Actors.Hypercalls;
using KvmActors.Actors.Hypercalls.Syscalls;
using KvmActors.Actors.Telemetry;
using KvmActors.Tests.Support;

namespace KvmActors.Actors.Tests.Hypercalls.Syscalls;

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
    public void HypercallIds_AreNamedAsTheirSystemCalls()
    {
        foreach (var id in Enum.GetValues<HypercallId>().Where(id => id < HypercallId.Zero))
        {
            Assert.Equal(id.ToString().ToLowerInvariant(), SyscallNames.Find((int)id)!.Replace("_", "", StringComparison.Ordinal));
            Assert.Equal(SyscallNames.Find((int)id), KvmTelemetry.NameOf(id));
        }
    }

    [Fact]
    public void ServerOf_EveryHostRow_IsItsServerAndNobodyElseIsAnyones()
    {
        var rows = SyscallTable.Rows.ToDictionary(row => row.Number);
        for (var number = -10; number < 1000; number++)
        {
            var expected = rows.TryGetValue(number, out var row) && row.Server != SyscallServer.GuestKernel ? row.Server : SyscallServer.None;
            Assert.Equal(expected, SyscallTable.ServerOf((HypercallId)number));
        }
    }

    // A row that no class serves would be ENOSYS behind the table's back.
    [Fact]
    public void Rows_OfTheHost_AreServed()
    {
        using var folder = new TempFolder();
        using var guest = SyscallGuest.With(folder);
        foreach (var row in SyscallTable.Rows.Where(row => row.Server != SyscallServer.GuestKernel))
        {
            foreach (var fd in (ulong[])[0, 999])
            {
                Assert.True(guest.Call((HypercallId)row.Number, fd, 1, 1, 1, 1) != -38, row.Name);
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

        Assert.Equal(local.Order(), SyscallTable.Rows.Where(row => row.Server == SyscallServer.GuestKernel).Select(row => (row.Number, row.Name)).Order());
    }

    [GeneratedRegex(@"X\(argument, (?<number>\d+), (?<name>\w+), (?<function>\w+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LocalSyscall();

    private static string Document()
    {
        var text = new StringBuilder("""
            # System calls

            Linux's system calls of x86-64, and who serves them to a program under the guest kernel. Generated from `SyscallTable`
            (src/Actors/Hypercalls/Syscalls/SyscallTable.cs) by a test: run the tests with `UPDATE_DOCS=1` to write this page anew.

            All paths are taken apart by their text first: `..` removes the name before it, and the longest mapping wins; below a
            mapping, the host's kernel follows links that stay beneath it. One that leads out, as absolute ones do, is followed in the
            guest's own view when a file is opened or looked at, and gives EACCES otherwise.

            | Number | Call | Arguments | Served by | Missing or different |
            | --- | --- | --- | --- | --- |

            """);
        foreach (var row in SyscallTable.Rows)
        {
            var server = row.Server == SyscallServer.GuestKernel ? "kernel" : "host";
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
