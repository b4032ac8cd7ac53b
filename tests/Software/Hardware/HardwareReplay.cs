using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KvmActors.Software.Tests.Hardware;

/// <summary>This machine's processor: <c>replay.c</c>, compiled and running.</summary>
public sealed class HardwareReplay : IDisposable
{
    private const int Batch = 256;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmactors-replay-");
    private readonly Process _process;

    public HardwareReplay()
    {
        var program = Path.Combine(_folder.FullName, "replay");
        using var compiler = Process.Start("gcc", ["-O1", "-o", program, Path.Combine(AppContext.BaseDirectory, "Hardware", "replay.c")]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        _process = Process.Start(new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Executes instructions.</summary>
    internal IEnumerable<HardwareCase> Execute(IEnumerable<HardwareCase> cases)
    {
        var bytes = new byte[Batch * HardwareCase.Bytes];
        foreach (var batch in cases.Chunk(Batch))
        {
            ulong count = (ulong)batch.Length;
            var input = _process.StandardInput.BaseStream;
            input.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in count)));
            foreach (var request in batch)
            {
                input.Write(request.Buffer);
            }

            input.Flush();
            var length = batch.Length * HardwareCase.Bytes;
            _process.StandardOutput.BaseStream.ReadExactly(bytes, 0, length);
            for (var at = 0; at < length; at += HardwareCase.Bytes)
            {
                yield return new HardwareCase(bytes.AsSpan(at, HardwareCase.Bytes));
            }
        }
    }
}
