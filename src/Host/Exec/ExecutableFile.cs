using KvmActors.Machine.Images;

namespace KvmActors.Host.Exec;

/// <summary>Says before anything starts whether a file is a program the guest kernel runs, and if not, why not.</summary>
internal static class ExecutableFile
{
    /// <summary>Checks a file.</summary>
    /// <param name="path">The host's file.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? FindProblem(string path)
    {
        if (Directory.Exists(path))
        {
            return "is a directory";
        }

        if (!IsExecutable(path))
        {
            return "permission denied: it is not executable (chmod +x)";
        }

        try
        {
            using var file = File.OpenRead(path);
            return FindProblem(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "permission denied: it cannot be read (chmod +r), which loading it into a guest needs";
        }
    }

    /// <summary>Whether anybody may execute it.</summary>
    public static bool IsExecutable(string path)
    {
        const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return (File.GetUnixFileMode(path) & Executable) != UnixFileMode.None;
    }

    private static string? FindProblem(FileStream file)
    {
        Span<byte> bytes = stackalloc byte[ElfHeader.Size];
        bytes = bytes[..file.ReadAtLeast(bytes, ElfHeader.Size, throwOnEndOfStream: false)];
        if (bytes.StartsWith("#!"u8))
        {
            return "is a script: run its interpreter, linked statically, with the script as an argument";
        }

        if (bytes.Length < ElfHeader.Size || !ElfHeader.IsElf(bytes))
        {
            return "is no ELF program";
        }

        if (!ElfHeader.TryRead(bytes, out var header) || header.Machine != ElfHeader.X8664)
        {
            return "is not a 64-bit x86-64 program";
        }

        if (header.Type is not (ElfHeader.Executable or ElfHeader.Shared))
        {
            return "is no executable";
        }

        return HasInterpreter(file, header) ? "is linked dynamically: link it with -static or -static-pie" : null;
    }

    private static bool HasInterpreter(FileStream file, in ElfHeader header)
    {
        if (header.TableEntrySize != ElfProgramHeader.Size)
        {
            return false;
        }

        Span<byte> entry = stackalloc byte[ElfProgramHeader.Size];
        for (var index = 0; index < header.TableCount && header.TableOffset < (ulong)file.Length; index++)
        {
            file.Position = (long)header.TableOffset + (index * ElfProgramHeader.Size);
            if (file.ReadAtLeast(entry, ElfProgramHeader.Size, throwOnEndOfStream: false) < ElfProgramHeader.Size)
            {
                return false;
            }

            if (ElfProgramHeader.Read(entry).Type == ElfProgramHeader.Interpreter)
            {
                return true;
            }
        }

        return false;
    }
}
