using System.Runtime.InteropServices;
using KvmActors.Interop.Libc;
using KvmActors.Interop.Memory;
using KvmActors.Linux.Calls;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Syscalls;

/// <summary>What the guest's kernel asks about files that its program has mapped shared (HYPERCALL_SHARE and its kin).</summary>
internal sealed class SharedMappingCalls(SyscallContext context)
{
    private const ulong MaxPages = 512;

    // A file has no more.
    private const ulong MaxIndex = long.MaxValue / (ulong)SharedFile.PageBytes;

    /// <summary>Whether a call is one of them: the kernel's own, not its program's, whose system calls may have any number.</summary>
    public static bool Has(in GuestCall call) => call.Space.Cr3 is null && call.Number is >= CallNumber.Share and <= CallNumber.Unshare;

    /// <summary>Serves one.</summary>
    public long Serve(in GuestCall call) => call.Number switch
    {
        CallNumber.Share => Share(call),
        CallNumber.ShareFill => Fill(call),
        CallNumber.ShareSync => Sync(call),
        _ => Unshare(call),
    };

    private long Share(in GuestCall call)
    {
        if (context.Table[call.Fd] is not { CanRead: true } file)
        {
            return Errno.EBADF.ToResult();
        }

        var number = context.Shared.Open(file);
        return number < 0 ? number : (number << 1) | (file.CanWrite ? 1L : 0);
    }

    private long Fill(in GuestCall call)
    {
        if (context.Shared.Find(call.First) is not { } file || call.Second > MaxIndex || call.Third > MaxPages || call.Fifth % (ulong)SharedFile.PageBytes != 0)
        {
            return Errno.EINVAL.ToResult();
        }

        var memory = context.Buffers.Memory;
        if (call.Fourth % sizeof(ulong) != 0 || !memory.Contains(new GuestPhysAddr(call.Fifth), call.Third * (ulong)SharedFile.PageBytes, forWrite: true)
            || !memory.Contains(new GuestPhysAddr(call.Fourth), call.Third * sizeof(ulong), forWrite: true)
            || !memory.TryGetSpan(new GuestPhysAddr(call.Fourth), call.Third * sizeof(ulong), out var entries))
        {
            return Errno.EFAULT.ToResult();
        }

        if (!context.Shared.HasRoom)
        {
            return Errno.ENOMEM.ToResult();
        }

        return file.Fill((long)call.Second, MemoryMarshal.Cast<byte, ulong>(entries), call.Fifth, call.Sixth);
    }

    private long Sync(in GuestCall call)
    {
        if (context.Shared.Find(call.First) is not { } file || call.Second > MaxIndex || call.Third > MaxIndex)
        {
            return Errno.EINVAL.ToResult();
        }

        var result = file.WriteBack((long)call.Second * SharedFile.PageBytes, (long)call.Third * SharedFile.PageBytes);
        return result < 0 || call.Fourth == 0 ? result : file.Sync();
    }

    private long Unshare(in GuestCall call)
    {
        const int WordsPerRun = 2;
        if (context.Shared.Find(call.First) is not { } file || call.Third > MaxPages)
        {
            return Errno.EINVAL.ToResult();
        }

        Span<byte> words = [];
        if (call.Third > 0 && !context.Buffers.Memory.TryGetSpan(new GuestPhysAddr(call.Second), call.Third * WordsPerRun * sizeof(ulong), out words))
        {
            return Errno.EFAULT.ToResult();
        }

        var runs = new (ulong Start, ulong Bytes)[(int)call.Third];
        var count = file.Leave(runs);
        for (var run = 0; run < count; run++)
        {
            var at = words[(run * WordsPerRun * sizeof(ulong))..];
            MemoryMarshal.Write(at, runs[run].Start);
            MemoryMarshal.Write(at[sizeof(ulong)..], runs[run].Bytes);
        }

        if (count < runs.Length || (runs.Length == 0 && file.IsEmpty))
        {
            context.Shared.Forget(call.First);
        }

        return count;
    }
}
