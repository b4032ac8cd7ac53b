using System.Buffers.Binary;
using System.Text;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Inspection;

namespace KvmActors.Machine.CoreDumps;

/// <summary>The notes of a core file, as Linux writes them (<c>linux/elfcore.h</c>, <c>linux/elf.h</c>, <c>asm/user_64.h</c>).</summary>
internal static class CoreNotes
{
    private const int PrStatus = 1, FpRegisters = 2, PrPsInfo = 3, Auxiliary = 6, ExtendedFpRegisters = 0x46e62b7f;
    private const int FxSaveBytes = 512;
    private const int NameBytes = 16, ArgumentBytes = 80;
    private const int FirstThread = 1;

    /// <summary>All notes of a dump.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="is64">Whether it is of 64-bit code.</param>
    public static byte[] Write(CoreDump dump, bool is64)
    {
        using var notes = new MemoryStream();
        foreach (var (index, thread) in dump.Threads.Index())
        {
            Add(notes, "CORE", PrStatus, is64 ? Status64(thread, dump.Signal) : Status32(thread, dump.Signal));
            if (index == 0)
            {
                Add(notes, "CORE", PrPsInfo, Information(dump, is64));
                if (dump.AuxiliaryVector.Count > 0)
                {
                    Add(notes, "CORE", Auxiliary, [.. dump.AuxiliaryVector]);
                }
            }

            if (thread.FloatingPoint.Count == FxSaveBytes)
            {
                Add(notes, is64 ? "CORE" : "LINUX", is64 ? FpRegisters : ExtendedFpRegisters, [.. thread.FloatingPoint]);
            }
        }

        return notes.ToArray();
    }

    private static void Add(MemoryStream notes, string name, int type, byte[] content)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(header, name.Length + 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], content.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], type);
        notes.Write(header);
        notes.Write(Encoding.ASCII.GetBytes(name + '\0'));
        Pad(notes);
        notes.Write(content);
        Pad(notes);
    }

    private static void Pad(MemoryStream notes)
    {
        while (notes.Length % 4 != 0)
        {
            notes.WriteByte(0);
        }
    }

    // struct elf_prstatus, 336 bytes; the registers are struct user_regs_struct's.
    private static byte[] Status64(CoreThread thread, int signal)
    {
        const int RegistersAt = 112;
        var status = new byte[336];
        WriteHead(status, thread, signal, pidAt: 32);
        var (r, s) = (thread.Registers, thread.Special);
        ReadOnlySpan<ulong> registers =
        [
            r.r15, r.r14, r.r13, r.r12, r.rbp, r.rbx, r.r11, r.r10, r.r9, r.r8, r.rax, r.rcx, r.rdx, r.rsi, r.rdi, ulong.MaxValue,
            r.rip, s.cs.selector, r.rflags, r.rsp, s.ss.selector, s.fs.@base, s.gs.@base, s.ds.selector, s.es.selector, s.fs.selector,
            s.gs.selector,
        ];
        for (var index = 0; index < registers.Length; index++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(status.AsSpan(RegistersAt + (index * sizeof(ulong))), registers[index]);
        }

        return status;
    }

    // The same of a 32-bit kernel, 144 bytes. A debugger knows no segments: EIP and ESP are linear.
    private static byte[] Status32(CoreThread thread, int signal)
    {
        const int RegistersAt = 72;
        var status = new byte[144];
        WriteHead(status, thread, signal, pidAt: 24);
        var (r, s) = (thread.Registers, thread.Special);
        ReadOnlySpan<ulong> registers =
        [
            r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.rax, s.ds.selector, s.es.selector, s.fs.selector, s.gs.selector, uint.MaxValue,
            CodeMode.LinearRip(r, s), s.cs.selector, r.rflags, CodeMode.LinearStack(r, s), s.ss.selector,
        ];
        for (var index = 0; index < registers.Length; index++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(status.AsSpan(RegistersAt + (index * sizeof(uint))), (uint)registers[index]);
        }

        return status;
    }

    private static void WriteHead(Span<byte> status, CoreThread thread, int signal, int pidAt)
    {
        BinaryPrimitives.WriteInt32LittleEndian(status, signal);
        BinaryPrimitives.WriteInt16LittleEndian(status[12..], (short)signal);
        BinaryPrimitives.WriteInt32LittleEndian(status[pidAt..], FirstThread + thread.Index);
    }

    // struct elf_prpsinfo: 136 bytes, 124 of a 32-bit kernel.
    private static byte[] Information(CoreDump dump, bool is64)
    {
        var (bytes, pidAt, nameAt) = is64 ? (136, 24, 40) : (124, 12, 28);
        var information = new byte[bytes];
        information[1] = (byte)'R';
        BinaryPrimitives.WriteInt32LittleEndian(information.AsSpan(pidAt), FirstThread);
        Copy(dump.Name.Split('/')[^1], information.AsSpan(nameAt, NameBytes));
        Copy(string.Join(' ', dump.Arguments), information.AsSpan(nameAt + NameBytes, ArgumentBytes));
        return information;
    }

    // Cut off, and ended by a NUL.
    private static void Copy(string text, Span<byte> target)
    {
        var bytes = NativeText.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, target.Length - 1)).CopyTo(target);
    }
}
