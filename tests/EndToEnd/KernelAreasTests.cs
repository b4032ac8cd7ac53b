using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using KvmActors.EndToEnd.Tests.Exec;
using KvmActors.Interop.Tests.Support;

namespace KvmActors.EndToEnd.Tests;

/// <summary>The guest kernel's areas of memory: what they say of any range, and that their number costs nothing.</summary>
public sealed class KernelAreasTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    // guest/kernel/vma.c itself, compiled for the host, against a page at a time in an array.
    [Theory]
    [Trait("Needs", "Compiler")]
    [Trait("Needs", "Repository")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Areas_AfterAnySteps_AreWhatAnArrayOfPagesSays(int seed)
    {
        using var folder = new TempFolder();
        var program = folder["areas"];
        var kernel = Path.Combine(RepositoryFolder.Root, "guest", "kernel");
        var source = Path.Combine(AppContext.BaseDirectory, "Kernel", "areas_model.c");

        Run("gcc", "-std=c17", "-O1", "-w", "-ffreestanding", $"-I{kernel}", $"-I{Path.Combine(kernel, "..", "include")}", "-o", program, source);

        Assert.Equal("ok\n", Run(program, seed.ToString(CultureInfo.InvariantCulture)));
    }

    // Counted, not timed: in software each instruction is known.
    [Fact]
    public void Areas_MoreOfThem_CostNoMoreEach()
    {
        var nothing = Instructions(0);
        var few = (Instructions(200) - nothing) / 200;
        var many = (Instructions(2000) - nothing) / 2000;

        Assert.InRange(many, 0, few * 2);
    }

    private long Instructions(int areas)
    {
        using var folder = new TempFolder();
        var results = folder["results.json"];
        Run("dotnet", Path.Combine(HostProcess.Folder, "kvmactors.dll"), "exec", "--backend", "software", "--json", results,
            programs.PathOf("areas", isPie: false), areas.ToString(CultureInfo.InvariantCulture));
        using var document = JsonDocument.Parse(File.ReadAllText(results));
        return document.RootElement.GetProperty("vms")[0].GetProperty("instructions").GetInt64();
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {process.ExitCode} {output} {error.GetAwaiter().GetResult()}");
        return output;
    }
}
