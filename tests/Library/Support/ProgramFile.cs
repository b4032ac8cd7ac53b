using KvmActors.Interop.Tests.Support;
using KvmActors.Machine.Tests.Support;

namespace KvmActors.Library.Tests.Support;

/// <summary>Programs on the host's disk, made by hand.</summary>
internal static class ProgramFile
{
    public const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>A 64-bit program that is linked statically.</summary>
    public static byte[] Static => ElfFile.WithCode(0x40_0000, [0xF4]).ToArray();

    /// <summary>Adds a file that may be executed.</summary>
    /// <returns>Its full path.</returns>
    public static string AddProgram(this TempFolder folder, string relative, byte[] contents, UnixFileMode mode = Executable)
    {
        folder.AddFile(relative, "");
        File.WriteAllBytes(folder[relative], contents);
        File.SetUnixFileMode(folder[relative], mode);
        return folder[relative];
    }

    /// <summary>Adds a program that is linked statically.</summary>
    /// <returns>Its full path.</returns>
    public static string AddProgram(this TempFolder folder, string relative) => folder.AddProgram(relative, Static);
}
