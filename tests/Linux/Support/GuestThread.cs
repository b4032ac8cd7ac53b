using KvmActors.Linux.Calls;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Tests.Support;

/// <summary>A guest's thread that makes calls, each of which may have to be made again after a wait.</summary>
internal sealed class GuestThread(SyscallGuest guest, int vcpu)
{
    private GuestCall _call;
    private CallOutcome _outcome;
    private int _wakes;

    /// <summary>Whether its call waits and is to be made again.</summary>
    public bool IsWaiting => _outcome.IsRetried;

    /// <summary>What it waits for; null for nothing.</summary>
    public VcpuWait? Wait => _outcome.Wait;

    /// <summary>Whether it was woken since it made its call.</summary>
    public bool IsWoken => guest.Vcpus[vcpu].Wakes > _wakes;

    /// <summary>What its call returned last.</summary>
    public long Result => _outcome.Result;

    /// <summary>Makes a call.</summary>
    public GuestThread Call(CallNumber id, params ReadOnlySpan<ulong> arguments)
    {
        Assert.False(IsWaiting, "its last call has not ended");
        return Serve(SyscallGuest.Make(id, arguments) with { Vcpu = vcpu });
    }

    /// <summary>Makes the call again.</summary>
    /// <param name="waited">Nanoseconds since it was made first.</param>
    public GuestThread Again(long waited = 1)
    {
        Assert.True(IsWaiting, "it does not wait");
        return Serve(_call with { Waited = waited });
    }

    /// <summary>Makes the call again because of a signal.</summary>
    public long Interrupt(long waited = 1)
    {
        Assert.True(IsWaiting, "it does not wait");
        Serve(_call with { Waited = waited, IsInterrupted = true });
        Assert.False(IsWaiting, "it goes on waiting");
        return Result;
    }

    private GuestThread Serve(in GuestCall call)
    {
        _call = call;
        _wakes = guest.Vcpus[vcpu].Wakes;
        _outcome = guest.Service.Serve(call);
        return this;
    }
}
