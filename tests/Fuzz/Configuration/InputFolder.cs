using System.Globalization;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Fuzz.Tests.Configuration;

/// <summary>A folder with files that people may name: good ones, and such as nobody should.</summary>
internal sealed class InputFolder : IDisposable
{
    private static int s_count;

    public InputFolder()
    {
        var place = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();
        Root = string.Create(CultureInfo.InvariantCulture, $"{place}/kvmactors-fuzz-input-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}");
        Directory.CreateDirectory(Path.Combine(Root, "folder"));
        File.WriteAllBytes(this["flat"], [0xF4, 0, 0, 0]);
        File.WriteAllBytes(this["elf"], Elf);
        File.WriteAllBytes(this["empty"], []);
        File.CreateSymbolicLink(this["loop"], this["loop"]);
        File.CreateSymbolicLink(this["dangling"], "nothing");
        using var pipe = System.Diagnostics.Process.Start("mkfifo", [this["pipe"]]);
        pipe.WaitForExit();
        Files = ["flat", "elf", "empty", "folder", "missing", "loop", "dangling", "pipe", "/dev/null", "/proc/self/mem", "", "."];
    }

    /// <summary>An image like those that linkers make.</summary>
    public static byte[] Elf { get; } = ElfFile.WithCode(0x10_0000, [0xF4, 0xF4]).Add(0x20_0000, [5, 6], memorySize: 0x10).ToArray();

    public string Root { get; }

    /// <summary>What may be named.</summary>
    public string[] Files { get; }

    public string this[string name] => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
