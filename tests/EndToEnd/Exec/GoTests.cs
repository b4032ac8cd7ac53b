using System.Diagnostics;
using System.Text;
using KvmActors.Interop.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>
/// A program in Go, on the host and in a VM: the same bytes. <c>GO_ROUNDS</c> says how often each part runs; more than one only where
/// somebody looks for what happens seldom.
/// </summary>
[Trait("Needs", "Compiler")]
public sealed class GoTests(GoProgram program) : IClassFixture<GoProgram>
{
    private static readonly int Rounds = RoundCount.Of("GO_ROUNDS", 1);

    [GoTheory]
    [InlineData("channels")]
    [InlineData("locks")]
    [InlineData("sort")]
    [InlineData("timers")]
    [InlineData("files")]
    [InlineData("hashes")]
    [InlineData("collection")]
    public async Task Run_PartOfTheProgram_IsAsOnTheHost(string part)
    {
        using var folder = new TempFolder();
        var host = await Capture.OnHostAsync(program.Path, [part]);
        Assert.Equal((0, ""), (host.ExitCode, host.Error));
        for (var round = 0; round < Rounds; round++)
        {
            var vm = await Capture.InVmAsync(["--map", $"{folder.Root}:/scratch:rw", "--env", "TMPDIR=/scratch", "--vcpus", "2", program.Path, part]);

            Assert.Equal((0, Encoding.UTF8.GetString(host.Output), ""), (vm.ExitCode, Encoding.UTF8.GetString(vm.Output), vm.Error));
        }
    }
}

/// <summary>The program in <c>Programs/go</c>, compiled once.</summary>
public sealed class GoProgram : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmactors-go-");

    public GoProgram()
    {
        if (GoTheoryAttribute.Reason is not null)
        {
            return;
        }

        var start = new ProcessStartInfo("go", ["build", "-o", Path, "."]) { WorkingDirectory = System.IO.Path.Combine(AppContext.BaseDirectory, "Programs", "go") };
        start.Environment["CGO_ENABLED"] = "0";
        start.Environment["GOTOOLCHAIN"] = "local";
        using var compiler = Process.Start(start)!;
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
    }

    /// <summary>Where it is.</summary>
    public string Path => System.IO.Path.Combine(_folder.FullName, "program");

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>A test on each backend that needs the Go compiler, which is installed where that can be; skipped, and saying so, otherwise.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GoTheoryAttribute : VmTheoryAttribute
{
    public GoTheoryAttribute() => Skip = Reason;

    public static string? Reason { get; } = AptPackage.FindProblem("go", "golang-go");
}
