using System.Globalization;
using System.Text;
using KvmActors.Linux.Files;
using KvmActors.Linux.Memory;
using KvmActors.Machine.Processor;

namespace KvmActors.Linux.Syscalls;

/// <summary>Makes what a program reads below <c>/proc</c> (proc(5)): of itself what its kernel says, of its machine what other calls say.</summary>
internal sealed class ProcText(SyscallContext context)
{
    private const int KiB = 1024;
    private const long NanosecondsPerTick = GuestTime.NanosecondsPerSecond / 100;

    // What every x86-64 has: what this one has besides, it says itself.
    private const string Features = "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 syscall nx lm";

    private ProgramInfo Program => ProgramInfo.Read(context.Buffers.Memory);

    /// <summary>Makes a file's bytes.</summary>
    public byte[] Read(ProcFile file) => file switch
    {
        ProcFile.CommandLine => Program.ReadArguments(context.Buffers.Memory),
        ProcFile.Maps => Bytes(WriteMaps),
        ProcFile.Mounts => Bytes(WriteMounts),
        ProcFile.Stat => Bytes(WriteStat),
        ProcFile.Status => Bytes(WriteStatus),
        ProcFile.Processors => Bytes(WriteProcessors),
        _ => Bytes(WriteMemory),
    };

    // One character for each byte, as names are of no encoding.
    private static byte[] Bytes(Action<StringBuilder> write)
    {
        var text = new StringBuilder();
        write(text);
        return Encoding.Latin1.GetBytes(text.ToString());
    }

    private List<ProgramArea> Areas() => Program.ReadAreas(context.Buffers.Memory);

    private string Name() => Encoding.Latin1.GetString(Program.ReadName(context.Buffers.Memory));

    // Pages are the guest's own, so there are no files, offsets or inodes to tell.
    private void WriteMaps(StringBuilder text)
    {
        const int NameColumn = 73;
        var program = Program;
        foreach (var area in Areas())
        {
            var name = Has(area, program.StackPointer) ? "[stack]" : area.IsWritable && Has(area, program.Heap) ? "[heap]" : "";
            if (program.Vdso > area.Start && program.Vdso < area.End)
            {
                // The page of time and the code, as Linux names them.
                Write(area with { End = program.Vdso }, "[vvar]");
                Write(area with { Start = program.Vdso }, "[vdso]");
            }
            else
            {
                Write(area, name);
            }
        }

        void Write(ProgramArea area, string name)
        {
            var start = text.Length;
            text.Append(
                CultureInfo.InvariantCulture,
                $"{area.Start:x8}-{area.End:x8} {(area.IsReadable ? 'r' : '-')}{(area.IsWritable ? 'w' : '-')}{(area.IsExecutable ? 'x' : '-')}p 00000000 00:00 0");
            text.Append(' ', name.Length > 0 ? Math.Max(1, NameColumn - (text.Length - start)) : 1).Append(name).Append('\n');
        }
    }

    private static bool Has(ProgramArea area, ulong address) => address >= area.Start && address < area.End;

    private void WriteMounts(StringBuilder text)
    {
        var mounts = context.Namespace.Mounts.ToList();
        if (!mounts.Exists(mount => mount.Path.Length == 1))
        {
            text.Append("none / tmpfs ro 0 0\n");
        }

        foreach (var (path, isWritable) in mounts)
        {
            text.Append("kvmactors ").Append(Escape(path)).Append(" kvmactors ").Append(isWritable ? "rw" : "ro").Append(",nosuid,nodev 0 0\n");
        }

        text.Append("proc /proc proc ro,nosuid,nodev,noexec 0 0\n");
    }

    // As mangle() in fs/seq_file.c.
    private static string Escape(byte[] path)
    {
        var text = new StringBuilder();
        foreach (var value in path)
        {
            text.Append(value is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\\' ? "\\" + Convert.ToString(value, 8).PadLeft(3, '0') : ((char)value).ToString());
        }

        return text.ToString();
    }

    private void WriteStat(StringBuilder text)
    {
        const int Fields = 52;
        var program = Program;
        var areas = Areas();
        var fields = new string[Fields];
        Array.Fill(fields, "0");
        Set(1, 1);
        fields[1] = $"({Name()})";
        fields[2] = "R";
        Set(5, 1);
        Set(6, 1);
        fields[7] = "-1";
        Set(14, (ulong)(context.Time.Elapsed / NanosecondsPerTick));
        Set(18, 20);
        Set(20, (ulong)ProgramThreads.Count(context.Buffers.Memory, context.Vcpus.Limit));
        Set(23, areas.Aggregate(0UL, (sum, area) => sum + area.End - area.Start));
        Set(25, ulong.MaxValue);
        Set(28, program.StackPointer);
        Set(38, 17);
        Set(47, program.Heap);
        text.AppendJoin(' ', fields).Append('\n');

        // By the numbers of proc(5).
        void Set(int field, ulong value) => fields[field - 1] = value.ToString(CultureInfo.InvariantCulture);
    }

    private void WriteStatus(StringBuilder text)
    {
        var size = Areas().Aggregate(0UL, (sum, area) => sum + area.End - area.Start) / KiB;
        text.Append(CultureInfo.InvariantCulture, $"Name:\t{Name().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\n")
            .Append(CultureInfo.InvariantCulture, $"Umask:\t0{Convert.ToString(context.Umask, 8).PadLeft(3, '0')}\n")
            .Append("State:\tR (running)\nTgid:\t1\nNgid:\t0\nPid:\t1\nPPid:\t0\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n")
            .Append(CultureInfo.InvariantCulture, $"FDSize:\t{context.Table.Capacity}\nGroups:\t \nVmPeak:\t{size,8} kB\nVmSize:\t{size,8} kB\n")
            .Append(CultureInfo.InvariantCulture, $"Threads:\t{ProgramThreads.Count(context.Buffers.Memory, context.Vcpus.Limit)}\nNoNewPrivs:\t1\nSeccomp:\t0\nCpus_allowed:\t{ProcessorMask()}\nCpus_allowed_list:\t{(context.Vcpus.Processors == 1 ? "0" : $"0-{context.Vcpus.Processors - 1}")}\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
    }

    // Words of 32 bits, the highest first, as the kernel prints them.
    private string ProcessorMask()
    {
        const int WordBits = 32;
        var count = context.Vcpus.Processors;
        var words = (count + WordBits - 1) / WordBits;
        return string.Join(',', Enumerable.Range(0, words).Reverse().Select(word =>
        {
            var mask = (uint)((1UL << Math.Min(WordBits, count - (word * WordBits))) - 1);
            return mask.ToString(word == words - 1 ? "x" : "x8", CultureInfo.InvariantCulture);
        }));
    }

    private void WriteProcessors(StringBuilder text)
    {
        var count = context.Vcpus.Processors;
        for (var processor = 0; processor < count; processor++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"processor\t: {processor}\nvendor_id\t: unknown\ncpu family\t: 6\nmodel\t\t: 0\nmodel name\t: x86-64\nstepping\t: 0\nphysical id\t: 0\nsiblings\t: {count}\ncore id\t\t: {processor}\ncpu cores\t: {count}\nfpu\t\t: yes\nflags\t\t: {Features}\nclflush size\t: 64\ncache_alignment\t: 64\naddress sizes\t: 46 bits physical, 48 bits virtual\n\n");
        }
    }

    // As sysinfo(2) says.
    private void WriteMemory(StringBuilder text)
    {
        foreach (var name in (string[])["MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapCached", "SwapTotal", "SwapFree"])
        {
            text.Append(CultureInfo.InvariantCulture, $"{name + ":",-15} {(name.StartsWith("Mem", StringComparison.Ordinal) ? context.MemoryBytes / KiB : 0),8} kB\n");
        }
    }
}
