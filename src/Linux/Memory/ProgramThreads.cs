using System.Text;
using KvmActors.Interop.Memory;

namespace KvmActors.Linux.Memory;

/// <summary>A thread of the program.</summary>
/// <param name="Id">What gettid(2) tells it; null when it has ended.</param>
/// <param name="Name">Its name (PR_SET_NAME), at most 15 bytes, as text.</param>
public sealed record GuestThread(int? Id, string Name);

/// <summary>
/// The threads of the program by their vCPUs, as its kernel tells of them (PROGRAM_INFO). The guest's own words: read with bounds, and
/// shown to people alone.
/// </summary>
public static class ProgramThreads
{
    private const int EntryBytes = 20, NameBytes = 16, Most = 4096;

    /// <summary>The thread that a vCPU runs, or ran last; null when it has run none, or the kernel does not say.</summary>
    /// <param name="memory">The guest's memory.</param>
    /// <param name="vcpu">The vCPU's number.</param>
    public static GuestThread? Find(GuestMemory memory, int vcpu)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (!TryRead(memory, ProgramInfo.Read(memory).Threads, vcpu, out var id, out var name))
        {
            return null;
        }

        return id == 0 && name.Length == 0 ? null : new GuestThread(id == 0 ? null : id, name);
    }

    /// <summary>The vCPU that runs a thread; negative when none does.</summary>
    internal static int FindVcpu(GuestMemory memory, int thread, int vcpus)
    {
        var table = ProgramInfo.Read(memory).Threads;
        for (var vcpu = 0; thread > 0 && vcpu < Math.Min(vcpus, Most); vcpu++)
        {
            if (TryRead(memory, table, vcpu, out var id, out _) && id == thread)
            {
                return vcpu;
            }
        }

        return -1;
    }

    /// <summary>How many threads there are, at least 1.</summary>
    internal static int Count(GuestMemory memory, int vcpus)
    {
        var table = ProgramInfo.Read(memory).Threads;
        var count = 0;
        for (var vcpu = 0; vcpu < Math.Min(vcpus, Most); vcpu++)
        {
            count += TryRead(memory, table, vcpu, out var id, out _) && id != 0 ? 1 : 0;
        }

        return Math.Max(1, count);
    }

    private static bool TryRead(GuestMemory memory, ulong table, int vcpu, out int id, out string name)
    {
        (id, name) = (0, "");
        if (table == 0 || !memory.TryGetSpan(new GuestPhysAddr(unchecked(table + ((ulong)vcpu * EntryBytes))), EntryBytes, out var entry))
        {
            return false;
        }

        // Copied once: the guest may be writing to it.
        Span<byte> copy = stackalloc byte[EntryBytes];
        entry.CopyTo(copy);
        id = BitConverter.ToInt32(copy);
        var text = copy[sizeof(int)..][..NameBytes];
        var end = text.IndexOf((byte)0);
        name = Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
        return true;
    }
}
