using System.Buffers.Binary;

namespace KvmActors.Host.Exec;

/// <summary>Says before anything starts whether a file is a program the guest kernel runs, and if not, why not.</summary>
internal static class ExecutableFile
{
    // Elf64_Ehdr and Elf64_Phdr (System V ABI, chapter "Object Files").
    private const int HeaderSize = 64, ProgramHeaderSize = 56;
    private const int ClassOffset = 4, TypeOffset = 16, MachineOffset = 18, TableOffset = 32, EntrySizeOffset = 54, EntryCountOffset = 56;
    private const byte Class64 = 2;
    private const ushort EtExec = 2, EtDyn = 3, EmX86_64 = 62;
    private const uint PtInterp = 3;

    /// <summary>Checks a file.</summary>
    /// <param name="path">The host's file.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? FindProblem(string path)
    {
        if (Directory.Exists(path))
        {
            return "is a directory";
        }

        const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if ((File.GetUnixFileMode(path) & Executable) == UnixFileMode.None)
        {
            return "permission denied: it is not executable (chmod +x)";
        }

        using var file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderSize];
        var length = file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false);
        if (header[..length].StartsWith("#!"u8))
        {
            return "is a script: run its interpreter, linked statically, with the script as an argument";
        }

        if (length < HeaderSize || !header.StartsWith("\u007FELF"u8))
        {
            return "is no ELF program";
        }

        if (header[ClassOffset] != Class64 || BinaryPrimitives.ReadUInt16LittleEndian(header[MachineOffset..]) != EmX86_64)
        {
            return "is not a 64-bit x86-64 program";
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(header[TypeOffset..]) is not (EtExec or EtDyn))
        {
            return "is no executable";
        }

        return HasInterpreter(file, header) ? "is linked dynamically: link it with -static or -static-pie" : null;
    }

    private static bool HasInterpreter(FileStream file, ReadOnlySpan<byte> header)
    {
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[EntrySizeOffset..]) != ProgramHeaderSize)
        {
            return false;
        }

        var table = BinaryPrimitives.ReadUInt64LittleEndian(header[TableOffset..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(header[EntryCountOffset..]);
        Span<byte> entry = stackalloc byte[ProgramHeaderSize];
        for (var index = 0; index < count && table < (ulong)file.Length; index++)
        {
            file.Position = (long)table + (index * ProgramHeaderSize);
            if (file.ReadAtLeast(entry, ProgramHeaderSize, throwOnEndOfStream: false) < ProgramHeaderSize)
            {
                return false;
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(entry) == PtInterp)
            {
                return true;
            }
        }

        return false;
    }
}
