using System.Buffers.Binary;
using KvmActors.Interop.Libc;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Memory;

namespace KvmActors.Linux.Syscalls;

/// <summary>
/// The processors that the program is shown, and which of them each of its threads is to use: kept for it to read. The host's kernel says
/// where its threads run.
/// </summary>
internal sealed class AffinityCalls(SyscallContext context)
{
    private const int WordBits = 64, ProcessId = 1;

    // By vCPU; who is not in it may use all.
    private readonly Dictionary<int, ulong[]> _masks = [];

    private int Words => (context.Vcpus.Processors + WordBits - 1) / WordBits;

    public long Get(in GuestCall call)
    {
        if (!TryFind(call, out var vcpu))
        {
            return Errno.ESRCH.ToResult();
        }

        var bytes = Words * sizeof(ulong);
        if ((uint)call.Second < bytes || (uint)call.Second % sizeof(ulong) != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        Span<byte> mask = stackalloc byte[bytes];
        for (var word = 0; word < Words; word++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(mask[(word * sizeof(ulong))..], _masks.TryGetValue(vcpu, out var own) ? own[word] : AllOf(word));
        }

        var errno = context.Buffers.CopyOut(call.Space, call.Third, mask);
        return errno == Errno.None ? bytes : errno.ToResult();
    }

    public long Set(in GuestCall call)
    {
        // What is beyond the processors there are means nothing, as on Linux; what is missing is 0.
        Span<byte> mask = stackalloc byte[Words * sizeof(ulong)];
        mask.Clear();
        var errno = context.Buffers.CopyIn(call.Space, call.Third, mask[..(int)Math.Min((uint)call.Second, (uint)mask.Length)]);
        if (errno != Errno.None || !TryFind(call, out var vcpu))
        {
            return (errno == Errno.None ? Errno.ESRCH : errno).ToResult();
        }

        var words = new ulong[Words];
        for (var word = 0; word < words.Length; word++)
        {
            words[word] = BinaryPrimitives.ReadUInt64LittleEndian(mask[(word * sizeof(ulong))..]) & AllOf(word);
        }

        if (words.All(word => word == 0))
        {
            return Errno.EINVAL.ToResult();
        }

        _masks[vcpu] = words;
        return 0;
    }

    public long GetProcessor(in GuestCall call)
    {
        var processor = (uint)(call.Vcpu % context.Vcpus.Processors);
        var errno = call.First == 0 ? Errno.None : context.Buffers.Write(call.Space, call.First, processor);
        return (errno == Errno.None && call.Second != 0 ? context.Buffers.Write(call.Space, call.Second, 0u) : errno).ToResult();
    }

    // A thread's other than the caller's: its vCPU is what its kernel says.
    private bool TryFind(in GuestCall call, out int vcpu)
    {
        vcpu = (int)call.First switch
        {
            0 => call.Vcpu,
            ProcessId => 0,
            var thread => ProgramThreads.FindVcpu(context.Buffers.Memory, thread, context.Vcpus.Limit),
        };
        return vcpu >= 0;
    }

    private ulong AllOf(int word)
    {
        var left = context.Vcpus.Processors - (word * WordBits);
        return left >= WordBits ? ulong.MaxValue : (1UL << left) - 1;
    }
}
