using System.Diagnostics;

namespace KvmActors.EndToEnd.Exec;

/// <summary>The C programs of <c>Programs</c>, compiled once, each static and static-pie.</summary>
public sealed class CompiledPrograms : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmactors-programs-");

    public CompiledPrograms()
    {
        foreach (var source in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Programs"), "*.c"))
        {
            Compile(source, "-static", PathOf(source, isPie: false));
            Compile(source, "-static-pie", PathOf(source, isPie: true));
        }
    }

    /// <summary>Where the programs are.</summary>
    public string Folder => _folder.FullName;

    /// <summary>A compiled program.</summary>
    public string PathOf(string name, bool isPie) =>
        Path.Combine(Folder, Path.GetFileNameWithoutExtension(name) + (isPie ? "-pie" : ""));

    public void Dispose() => _folder.Delete(recursive: true);

    private static void Compile(string source, string kind, string target)
    {
        using var gcc = Process.Start("gcc", ["-O2", "-w", kind, source, "-o", target, "-lm"]);
        gcc.WaitForExit();
        Assert.Equal(0, gcc.ExitCode);
    }
}
