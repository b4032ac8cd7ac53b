using KvmActors.Interop.Kvm;
using KvmActors.Linux.Files;
using KvmActors.Machine.Boot;
using KvmActors.Machine.Kvm;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Software.Tests.Support;
using KvmActors.Tests;

namespace KvmActors.Software.Tests.Guests;

/// <summary>Linux's programs below the guest kernel: they print what they print on this machine's processor.</summary>
public sealed class UserProgramTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kvmactors-user-");

    [Fact]
    [Trait("Needs", "Compiler")]
    public void Run_OfAProgramFullOfNumbers_PrintsWhatTheProcessorDoes()
    {
        var program = Compile();

        var run = Run(new SoftwareHypervisor(), program);

        var host = HostProgram.Run(program);
        Assert.Equal(host.Text, run.Text);
        Assert.Equal("", run.Output.Text(stream: GuestStream.Error));
        Assert.Equal((42, 42), (host.Status, run.Ends[0].Status));
    }

    [KvmFact]
    [Trait("Needs", "Compiler")]
    public void Run_OfAProgramFullOfNumbers_IsAsOnKvm()
    {
        var program = Compile();
        using var device = KvmDevice.Open();
        var native = Run(new KvmHypervisor(device), program);

        var run = Run(new SoftwareHypervisor(), program);

        Assert.Equal(native.Text, run.Text);
        Assert.Equal(native.Ends[0].Status, run.Ends[0].Status);
    }

    [StaticBusyboxTheory]
    [InlineData("echo", "hello", "world")]
    [InlineData("cat", "$data")]
    [InlineData("sha256sum", "$data")]
    [InlineData("sha512sum", "$data")]
    [InlineData("md5sum", "$data")]
    [InlineData("sha1sum", "$data")]
    [InlineData("cksum", "$data")]
    [InlineData("sort", "$data")]
    [InlineData("sort", "-n", "-r", "-k", "3", "$data")]
    [InlineData("uniq", "-c", "$data")]
    [InlineData("wc", "$data")]
    [InlineData("grep", "-n", "line 1.*7$", "$data")]
    [InlineData("sed", "-E", "s/([0-9]+) line/<\\1>/;3,7d", "$data")]
    [InlineData("od", "-t", "x1f4f8", "-N", "96", "$data")]
    [InlineData("base64", "$data")]
    [InlineData("awk", "{ s += $1 / 3; p = p * 1.0001 + sqrt($1) } END { printf \"%.15g %e %d %s\\n\", s, p, s, s / 7 }", "$data")]
    [InlineData("awk", "BEGIN { for (x = -4; x < 4; x += 0.37) print sin(x), cos(x), atan2(x, 2), exp(x), log(x + 5), x ^ 3, int(x), x % 0.5 }")]
    [InlineData("awk", "BEGIN { srand(7); printf \"%x %o %c %5.3f %g\\n\", 255, 8, 65, 3.14159, 1e300 * 1e10; print (length(\"abc\") > 2) }")]
    [InlineData("seq", "0.5", "0.25", "3")]
    [InlineData("expr", "123456789", "*", "1000")]
    [InlineData("bc", "-q", "$sum")]
    [InlineData("dc", "-e", "30k 2v p 1 3 / p")]
    [InlineData("date", "-u", "-d", "@1234567890")]
    [InlineData("cat", "/no/such/file")]
    [InlineData("sh", "-c", "x=30; y=1; while [ $x -gt 0 ]; do y=$((y*3%1000003)); x=$((x-1)); done; echo $y; printf '%.3f %d\\n' 2.71828 99; exit 7")]
    public void Run_OfAnApplet_IsAsOnTheHost(params string[] words)
    {
        var data = Path.Combine(_folder.FullName, "data");
        File.WriteAllText(data, string.Concat(Enumerable.Range(0, 300).Select(number => $"{number * 7919 % 1000} line {number * 31 % 97} of some text\n")));
        var sum = Path.Combine(_folder.FullName, "sum");
        File.WriteAllText(sum, "scale=40; 4*a(1); e(1); s(0.5)\n2^200\nquit\n");
        string[] command = [.. words.Select(word => word.Replace("$data", data, StringComparison.Ordinal).Replace("$sum", sum, StringComparison.Ordinal))];

        var run = Run(new SoftwareHypervisor(), [StaticBusybox.Path!, .. command]);

        var host = HostProgram.Run(StaticBusybox.Path!, command);
        Assert.Equal(host.Text, run.Text);
        Assert.Equal(host.Error, run.Output.Text(stream: GuestStream.Error));
        Assert.Equal((VcpuEndKind.Exited, host.Status), (run.Ends[0].Kind, run.Ends[0].Status));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Compile()
    {
        var program = Path.Combine(_folder.FullName, "numbers");
        var source = Path.Combine(AppContext.BaseDirectory, "Guests", "numbers.c");
        var compiler = HostProgram.Run("/usr/bin/env", "-", "PATH=/usr/local/bin:/usr/bin:/bin", "gcc", "-O2", "-static", "-D_GNU_SOURCE", "-o", program, source, "-lm");
        Assert.Equal((0, ""), (compiler.Status, compiler.Error));
        return program;
    }

    private GuestRun Run(IHypervisor hypervisor, params string[] command)
    {
        var spec = GuestImages.Machine("kernel.elf", BootProtocol.Elf64, 64) with { Args = command };
        return GuestRun.Of(
            hypervisor,
            spec,
            [
                new FileMapping(command[0], command[0], MappingAccess.Read),
                new FileMapping(_folder.FullName, _folder.FullName, MappingAccess.Read),
            ]);
    }
}
