using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
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

        if (PlainFile.GetStatus(path, out var status) is var problem and not Errno.None)
        {
            return problem.Describe();
        }

        if (!PlainFile.IsRegular(status))
        {
            return "is not a regular file";
        }

        if (!IsExecutable(path))
        {
            return "permission denied: it is not executable (chmod +x)";
        }

        try
        {
            // Looked at again when it is open: a pipe that has come in its place meanwhile would keep us waiting.
            if (PlainFile.OpenToRead(path, out status, out var handle) is var errno and not Errno.None)
            {
                handle?.Dispose();
                throw new IOException(errno.Describe());
            }

            using var file = new FileStream(handle!, FileAccess.Read, bufferSize: 0);
            return PlainFile.IsRegular(status) ? FindProblem(file) : "is not a regular file";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "permission denied: it cannot be read (chmod +r), which loading it into a guest needs";
        }
    }

    /// <summary>Whether it is there and anybody may execute it.</summary>
    public static bool IsExecutable(string path)
    {
        const uint Executable = 0x49; // S_IXUSR, S_IXGRP, S_IXOTH
        return PlainFile.GetStatus(path, out var status) == Errno.None && (status.st_mode & Executable) != 0;
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
