using System.Text;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Exec;

/// <summary>Ordinary C programs, run on the host and in a VM: the same bytes and the same exit status.</summary>
public sealed class LinuxProgramTests(CompiledPrograms programs) : IClassFixture<CompiledPrograms>
{
    public static TheoryData<string, bool> Programs()
    {
        var data = new TheoryData<string, bool>();
        foreach (var name in (string[])["malloc_patterns", "mappings", "memory_churn", "numbers", "recursion", "sorting", "strings"])
        {
            data.Add(name, false);
            data.Add(name, true);
        }

        return data;
    }

    [KvmTheory]
    [MemberData(nameof(Programs))]
    public async Task Run_InVm_IsAsOnTheHost(string name, bool isPie)
    {
        var program = programs.PathOf(name, isPie);

        var host = await Capture.OnHostAsync(program, []);
        var vm = await Capture.InVmAsync([program]);

        Assert.Equal(Encoding.UTF8.GetString(host.Output), Encoding.UTF8.GetString(vm.Output));
        Assert.Equal((host.ExitCode, host.Error), (vm.ExitCode, vm.Error));
    }
}
