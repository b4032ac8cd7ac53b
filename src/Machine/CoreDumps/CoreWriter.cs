using System.Buffers.Binary;
using KvmActors.Interop.Memory;
using KvmActors.Machine.Inspection;

namespace KvmActors.Machine.CoreDumps;

/// <summary>
/// Writes a core file that a debugger opens: ELF with a note for each vCPU, and the memory that its page tables map. Pages of zeros
/// are holes. Code of 16 and 32 bits makes a 32-bit file.
/// </summary>
public static class CoreWriter
{
    private const int PageSize = (int)MemoryRange.PageSize;
    private const int Header64Bytes = 64, Program64Bytes = 56, Header32Bytes = 52, Program32Bytes = 32;
    private const int Load = 1, Note = 4;
    private const uint Executable = 1, Writable = 2, Readable = 4;

    private const ulong Top32 = 1UL << 32;

    /// <summary>Writes one.</summary>
    /// <param name="dump">What goes into it; at least one thread.</param>
    /// <param name="target">A new file.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(CoreDump dump, Stream target)
    {
        var special = dump.Threads[0].Special;
        var is64 = CodeMode.BitsOf(special) == 64;
        IEnumerable<MappedRun> found = MappedPages.Find(dump.Memory, special, dump.IsProgram);
        var runs = found.Where(run => is64 || run.Linear + run.Length <= Top32).ToList();
        var notes = CoreNotes.Write(dump, is64);
        var (headerBytes, programBytes) = is64 ? (Header64Bytes, Program64Bytes) : (Header32Bytes, Program32Bytes);

        var head = new MemoryStream();
        var notesAt = headerBytes + (programBytes * (runs.Count + 1));
        head.Write(is64 ? Header64(runs.Count + 1) : Header32(runs.Count + 1));
        head.Write(Program(is64, Note, 0, (ulong)notesAt, 0, (ulong)notes.Length));
        var place = RoundUp((ulong)(notesAt + notes.Length));
        foreach (var run in runs)
        {
            var flags = Readable | (run.IsWritable ? Writable : 0) | (run.IsExecutable ? Executable : 0);
            head.Write(Program(is64, Load, flags, place, run.Linear, run.Length));
            place += RoundUp(run.Length);
        }

        head.Write(notes);
        target.Write(head.ToArray());
        target.Position = (long)RoundUp((ulong)head.Length);
        foreach (var run in runs)
        {
            WriteMemory(dump.Memory, run, target);
        }

        target.SetLength(target.Position);
    }

    private static void WriteMemory(GuestMemory memory, in MappedRun run, Stream target)
    {
        for (var offset = 0UL; offset < run.Length; offset += PageSize)
        {
            var bytes = Math.Min(run.Length - offset, PageSize);
            if (memory.TryGetSpan(new GuestPhysAddr(run.Physical + offset), bytes, out var page) && page.ContainsAnyExcept((byte)0))
            {
                target.Write(page);
                target.Position += PageSize - (int)bytes;
            }
            else
            {
                target.Position += PageSize;
            }
        }
    }

    private static ulong RoundUp(ulong value) => (value + PageSize - 1) & ~(ulong)(PageSize - 1);

    private static byte[] Header64(int programs)
    {
        var header = new byte[Header64Bytes];
        Identify(header, bits: 64, machine: 62);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(32), Header64Bytes);
        WriteSizes(header.AsSpan(52), Header64Bytes, Program64Bytes, programs);
        return header;
    }

    private static byte[] Header32(int programs)
    {
        var header = new byte[Header32Bytes];
        Identify(header, bits: 32, machine: 3);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), Header32Bytes);
        WriteSizes(header.AsSpan(40), Header32Bytes, Program32Bytes, programs);
        return header;
    }

    // e_ident, e_type ET_CORE, e_machine, e_version.
    private static void Identify(Span<byte> header, int bits, ushort machine)
    {
        ReadOnlySpan<byte> identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', (byte)(bits / 32), 1, 1];
        identity.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], 4);
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], machine);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
    }

    private static void WriteSizes(Span<byte> place, ushort header, ushort program, int programs)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(place, header);
        BinaryPrimitives.WriteUInt16LittleEndian(place[2..], program);
        BinaryPrimitives.WriteUInt16LittleEndian(place[4..], (ushort)programs);
    }

    // One program header.
    private static byte[] Program(bool is64, uint type, uint flags, ulong offset, ulong address, ulong length)
    {
        var align = type == Load ? (ulong)PageSize : 4;
        var program = new byte[is64 ? Program64Bytes : Program32Bytes];
        if (is64)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(program, type);
            BinaryPrimitives.WriteUInt32LittleEndian(program.AsSpan(4), flags);
            Words([offset, address, 0, length, type == Load ? length : 0, align], sizeof(ulong), program.AsSpan(8));
        }
        else
        {
            Words([type, offset, address, 0, length, type == Load ? length : 0, flags, align], sizeof(uint), program);
        }

        return program;
    }

    private static void Words(ReadOnlySpan<ulong> values, int size, Span<byte> target)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, value);
            word[..size].CopyTo(target);
            target = target[size..];
        }
    }
}
