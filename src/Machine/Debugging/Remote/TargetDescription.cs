using System.Text;

namespace KvmActors.Machine.Debugging.Remote;

/// <summary>
/// Which registers a debugger is shown, in which order and how wide (GDB manual, "Target Descriptions"): those of 64-bit code, or of 32-
/// and 16-bit code, with the control registers behind them. Which of the two is settled when the debugger connects.
/// </summary>
public sealed class TargetDescription
{
    private static readonly string[] General64 =
        ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"];

    private static readonly string[] General32 = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip"];
    private static readonly string[] Segments = ["cs", "ss", "ds", "es", "fs", "gs"];
    private static readonly string[] FloatingPointControl = ["fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"];
    private static readonly string[] Bases = ["fs_base", "gs_base"], Control = ["cr0", "cr2", "cr3", "cr4", "efer"];

    private TargetDescription(int bits)
    {
        Bits = bits;
        var word = bits == 64 ? 8 : 4;
        Registers =
        [
            .. (bits == 64 ? General64 : General32).Select(name => new TargetRegister(name, word)),
            new TargetRegister("eflags", 4),
            .. Segments.Select(name => new TargetRegister(name, 4)),
            .. Enumerable.Range(0, 8).Select(index => new TargetRegister($"st{index}", 10)),
            .. FloatingPointControl.Select(name => new TargetRegister(name, 4)),
            .. bits == 64 ? Bases.Select(name => new TargetRegister(name, 8)) : [],
            .. Control.Select(name => new TargetRegister(name, 8)),
        ];
    }

    /// <summary>16, 32 or 64.</summary>
    public int Bits { get; }

    /// <summary>The registers, in the protocol's order.</summary>
    public IReadOnlyList<TargetRegister> Registers { get; }

    /// <summary>The description for code of so many bits.</summary>
    public static TargetDescription For(int bits) => new(bits);

    /// <summary>As the debugger reads it.</summary>
    public string ToXml()
    {
        var architecture = Bits == 64 ? "i386:x86-64" : Bits == 16 ? "i8086" : "i386";
        var text = new StringBuilder("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">");
        text.Append("<architecture>").Append(architecture).Append("</architecture><feature name=\"org.gnu.gdb.i386.core\">");
        foreach (var register in Registers)
        {
            switch (register.Name)
            {
                case "fs_base":
                    text.Append("</feature><feature name=\"org.gnu.gdb.i386.segments\">");
                    break;
                case "cr0":
                    text.Append("</feature><feature name=\"org.kvmactors.control\">");
                    break;
            }

            var type = register.Name switch
            {
                "rip" or "eip" => "code_ptr",
                "rsp" or "rbp" or "esp" or "ebp" => "data_ptr",
                _ when register.Bytes == 10 => "i387_ext",
                _ => register.Bytes == 8 ? "int64" : "int32",
            };
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"<reg name=\"{register.Name}\" bitsize=\"{register.Bytes * 8}\" type=\"{type}\"/>");
        }

        return text.Append("</feature></target>").ToString();
    }
}

/// <summary>A register as the debugger knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its size in bytes.</param>
public sealed record TargetRegister(string Name, int Bytes);
