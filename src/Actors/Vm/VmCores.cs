using KvmActors.Actors.Results;
using KvmActors.Actors.Services;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vcpu;
using KvmActors.Interop.Libc;
using KvmActors.Machine.CoreDumps;
using KvmActors.Machine.Vm;

namespace KvmActors.Actors.Vm;

/// <summary>Writes the core file of a VM that crashed, while its memory is still there and none of its vCPUs runs.</summary>
internal static class VmCores
{
    /// <summary>Writes it.</summary>
    /// <returns>Null when there is nothing to write.</returns>
    public static CoreResult? Save(ICoreStore store, VmSpec spec, VirtualMachine vm, VmResult result, IEnumerable<VcpuEnded> ended)
    {
        var threads = ended.Select(vcpu => vcpu.Core).OfType<CoreThread>().ToList();
        if (result.Crash is not { } crash || threads.Count == 0)
        {
            return null;
        }

        var name = crash.Program is not null && spec.Machine.Args is [var program, ..] ? program : spec.Name;
        var dump = CoreDump.Of(name, vm.Memory, crash, threads, result.Signal) with { Arguments = spec.Machine.Args };
        try
        {
            return new CoreResult(store.Save(result.Id, dump), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SystemCallException)
        {
            return new CoreResult(null, e.Message.ReplaceLineEndings(" "));
        }
    }
}
