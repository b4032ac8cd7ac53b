using KvmActors.Interop.Libc;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Streams;

namespace KvmActors.Fuzz.Tests.Running;

/// <summary>Takes what guests write and keeps nothing, however many they are.</summary>
internal sealed class Silence : IGuestOutput
{
    public Errno Write(string vm, GuestStream stream, ReadOnlySpan<byte> bytes, VmStopSignal? stopSignal) => Errno.None;
}
