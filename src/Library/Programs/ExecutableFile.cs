using System.Text;
using KvmActors.Interop.Files;
using KvmActors.Interop.Libc;
using KvmActors.Machine.Images;

namespace KvmActors.Library.Programs;

/// <summary>What a program cannot run without.</summary>
/// <param name="Path">Its path for the guest.</param>
/// <param name="OfScript">Whether a script names it; otherwise it is what loads libraries.</param>
internal sealed record Interpreter(string Path, bool OfScript);

/// <summary>Says before anything starts whether a file is a program the guest kernel runs, and if not, why not.</summary>
internal static class ExecutableFile
{
    private const int LongestPath = 4096;

    /// <summary>Checks a file.</summary>
    /// <param name="path">The host's file.</param>
    /// <param name="interpreter">What else it needs: the interpreter of a script, or of a program that is linked dynamically; null for nothing.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? FindProblem(string path, out Interpreter? interpreter)
    {
        interpreter = null;
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
            return PlainFile.IsRegular(status) ? FindProblem(file, out interpreter) : "is not a regular file";
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

    private static string? FindProblem(FileStream file, out Interpreter? interpreter)
    {
        interpreter = null;
        Span<byte> bytes = stackalloc byte[ScriptLine.MaxBytes];
        bytes = bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        if (ScriptLine.IsScript(bytes))
        {
            var name = ScriptLine.FindInterpreter(bytes);
            interpreter = name is null ? null : new Interpreter(name, OfScript: true);
            return name is null ? $"is a script that names no interpreter in its first {ScriptLine.MaxBytes} bytes" : null;
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

        interpreter = FindInterpreter(file, header);
        return null;
    }

    // What is wrong with it is the guest kernel's to say.
    private static Interpreter? FindInterpreter(FileStream file, in ElfHeader header)
    {
        if (header.TableEntrySize != ElfProgramHeader.Size)
        {
            return null;
        }

        Span<byte> entry = stackalloc byte[ElfProgramHeader.Size];
        for (var index = 0; index < header.TableCount && header.TableOffset < (ulong)file.Length; index++)
        {
            file.Position = (long)header.TableOffset + (index * ElfProgramHeader.Size);
            if (file.ReadAtLeast(entry, ElfProgramHeader.Size, throwOnEndOfStream: false) < ElfProgramHeader.Size)
            {
                return null;
            }

            var segment = ElfProgramHeader.Read(entry);
            if (segment.Type == ElfProgramHeader.Interpreter)
            {
                return segment.FileSize is >= 2 and <= LongestPath && segment.Offset < (ulong)file.Length ? Read(file, segment) : null;
            }
        }

        return null;
    }

    private static Interpreter? Read(FileStream file, in ElfProgramHeader segment)
    {
        var name = new byte[segment.FileSize];
        file.Position = (long)segment.Offset;
        return file.ReadAtLeast(name, name.Length, throwOnEndOfStream: false) == name.Length && Array.IndexOf(name, (byte)0) is > 0 and var end
            ? new Interpreter(Encoding.UTF8.GetString(name, 0, end), OfScript: false) : null;
    }
}
