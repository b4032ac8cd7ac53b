using System.Diagnostics;

namespace KvmActors.EndToEnd.Tests.Exec;

/// <summary>
/// The C programs of <c>Programs</c>, compiled once, each static and static-pie. Where there is no compiler,
/// <c>TEST_PROGRAMS</c> names the folder with what <c>make</c> made of them elsewhere.
/// </summary>
public sealed class CompiledPrograms : IDisposable
{
    private readonly DirectoryInfo? _temporary;

    public CompiledPrograms()
    {
        if (Environment.GetEnvironmentVariable("TEST_PROGRAMS") is { Length: > 0 } folder)
        {
            Folder = folder;
            return;
        }

        _temporary = Directory.CreateTempSubdirectory("kvmactors-programs-");
        Folder = _temporary.FullName;
        using var make = Process.Start("make", ["--silent", "-C", Path.Combine(AppContext.BaseDirectory, "Programs"), $"OUT={Folder}"]);
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
    }

    /// <summary>Where the programs are.</summary>
    public string Folder { get; }

    /// <summary>A compiled program.</summary>
    public string PathOf(string name, bool isPie) => Path.Combine(Folder, isPie ? $"{name}-pie" : name);

    public void Dispose() => _temporary?.Delete(recursive: true);
}
