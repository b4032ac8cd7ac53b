using KvmActors.Fuzz.Tests.Running;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Files;
using KvmActors.Linux.Hypercalls;
using KvmActors.Linux.Syscalls;
using KvmActors.Linux.Tests.Support;
using KvmActors.Machine.Execution;
using KvmActors.Machine.Inspection;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;
using KvmActors.Machine.Vm;
using KvmActors.Machine.WarmStart;
using KvmActors.Tests;

namespace KvmActors.Fuzz.Tests.Kvm;

/// <summary>A VM in which guests run one after the other, on the calling thread, with all that serves them but no actors.</summary>
internal sealed class GuestSlot(VirtualMachine vm, IVcpu vcpu, VmTemplates? templates = null) : IDisposable
{
    private const long BytesWritten = 1 << 16;

    private readonly Lock _sync = new();
    private readonly SyscallGate _gate = new(new NoQueue());
    private readonly VmStopSignal _stop = new();
    private bool _isAttached;
    private int _epoch;

    /// <summary>Its machine.</summary>
    public VirtualMachine Vm => vm;

    /// <summary>Runs a guest to its end.</summary>
    /// <param name="files">What it sees.</param>
    /// <param name="limit">When it is stopped.</param>
    /// <returns>How it ended.</returns>
    public VcpuEnd Run(IReadOnlyList<FileMapping> files, TimeSpan limit)
    {
        if (!_isAttached)
        {
            _stop.Attach(vcpu);
            _isAttached = true;
        }

        var console = new GuestConsole("vm", new Silence(), BytesWritten);
        _gate.Open(SyscallService.OpenFor(vm.Memory, files, new FileLimits { BytesWritten = BytesWritten }, new GuestInput(vm.Plan.Spec.Input), console));
        var session = new VcpuSession(vm, vcpu, console, _stop, new VcpuSessionOptions { Hypercalls = context => new HypercallHandler(context, _gate, templates) });
        var epoch = _epoch;
        using var timer = new Timer(_ => Stop(epoch), null, limit, Timeout.InfiniteTimeSpan);
        VcpuEnd end;
        try
        {
            end = session.Run();
        }
        catch (SystemCallException e)
        {
            // As VcpuActor sees it.
            end = new VcpuEnd(VcpuEndKind.Crashed, Message: e.Message);
        }

        lock (_sync)
        {
            _epoch++;
        }

        if (_stop.IsRequested && System.Diagnostics.Stopwatch.GetElapsedTime(_stop.RequestedAt) > TestTime.Seconds(2))
        {
            throw new FuzzFailureException("ends two seconds after it was told to");
        }

        if (end.Kind == VcpuEndKind.Crashed)
        {
            Inspect(end.Message ?? "");
        }

        return end;
    }

    /// <summary>Makes the VM ready for the next guest, as the product does.</summary>
    /// <returns>False when that cannot be.</returns>
    public bool TryReset(VmTemplate template)
    {
        if (!template.TryReset(vcpu) || !_gate.TryRetire())
        {
            return false;
        }

        template.Reset(vm);
        _stop.Renew();
        return true;
    }

    public void Dispose()
    {
        _gate.Close();
        vcpu.Dispose();
        vm.Dispose();
        _stop.Dispose();
    }

    private void Stop(int epoch)
    {
        lock (_sync)
        {
            if (epoch == _epoch)
            {
                _stop.Request();
            }
        }
    }

    private void Inspect(string message)
    {
        try
        {
            var report = CrashInspector.Inspect(vcpu, vm.Memory, message);
            if (report.Exit.Contains('\n'))
            {
                throw new FuzzFailureException($"not one line: {report.Exit}");
            }
        }
        catch (SystemCallException)
        {
            // After a failure the vCPU may not answer either.
        }
    }
}
