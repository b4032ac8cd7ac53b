using System.Text;

namespace KvmActors.Machine.Debugging.Remote;

/// <summary>
/// Which registers a debugger is shown, in which order and how wide (GDB manual, "Target Descriptions"): those of 64-bit code, or of 32-
/// and 16-bit code, with the control registers behind them. Which of the two is settled when the debugger connects.
/// </summary>
public sealed class TargetDescription
{
    private const string VectorTypes = "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/><vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
        + "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/><vector id=\"v8i16\" type=\"int16\" count=\"8\"/><vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
        + "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/><union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>"
        + "<field name=\"v16_int8\" type=\"v16i8\"/><field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>"
        + "<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/></union>";

    private static readonly string[] General64 =
        ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"];

    private static readonly string[] General32 = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip"];
    private static readonly string[] Segments = ["cs", "ss", "ds", "es", "fs", "gs"];
    private static readonly string[] FloatingPointControl = ["fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"];
    private static readonly string[] Bases = ["fs_base", "gs_base"], Control = ["cr0", "cr2", "cr3", "cr4", "efer"];

    private TargetDescription(int bits, bool isProgram)
    {
        (Bits, _isProgram) = (bits, isProgram);
        var word = bits == 64 ? 8 : 4;
        Registers =
        [
            .. (bits == 64 ? General64 : General32).Select(name => new TargetRegister(name, word)),
            new TargetRegister("eflags", 4),
            .. Segments.Select(name => new TargetRegister(name, 4)),
            .. Enumerable.Range(0, 8).Select(index => new TargetRegister($"st{index}", 10)),
            .. FloatingPointControl.Select(name => new TargetRegister(name, 4)),
            .. bits == 64 ? Bases.Select(name => new TargetRegister(name, 8)) : [],
            .. isProgram ? Enumerable.Range(0, 16).Select(index => new TargetRegister($"xmm{index}", 16)).Append(new TargetRegister("mxcsr", 4)) : [],
            .. isProgram ? [new TargetRegister("orig_rax", 8)] : Control.Select(name => new TargetRegister(name, 8)),
        ];
    }

    private readonly bool _isProgram;

    /// <summary>16, 32 or 64.</summary>
    public int Bits { get; }

    /// <summary>The registers, in the protocol's order.</summary>
    public IReadOnlyList<TargetRegister> Registers { get; }

    /// <summary>The description for code of so many bits.</summary>
    public static TargetDescription For(int bits) => new(bits, isProgram: false);

    /// <summary>The description for a program of Linux's: without the control registers, which are its kernel's, and with SSE.</summary>
    public static TargetDescription ForProgram() => new(64, isProgram: true);

    /// <summary>As the debugger reads it.</summary>
    public string ToXml()
    {
        var architecture = Bits == 64 ? "i386:x86-64" : Bits == 16 ? "i8086" : "i386";
        var text = new StringBuilder("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">");
        text.Append("<architecture>").Append(architecture).Append("</architecture>").Append(_isProgram ? "<osabi>GNU/Linux</osabi>" : "").Append("<feature name=\"org.gnu.gdb.i386.core\">");
        foreach (var register in Registers)
        {
            switch (register.Name)
            {
                case "fs_base":
                    text.Append("</feature><feature name=\"org.gnu.gdb.i386.segments\">");
                    break;
                case "xmm0":
                    text.Append("</feature><feature name=\"org.gnu.gdb.i386.sse\">").Append(VectorTypes);
                    break;
                case "orig_rax":
                    text.Append("</feature><feature name=\"org.gnu.gdb.i386.linux\">");
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
                _ when register.Bytes == 16 => "vec128",
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
