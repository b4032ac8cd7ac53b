using Iced.Intel;

namespace KvmActors.Software.Tests.Hardware;

/// <summary>Executes instructions on this machine's processor and on the one in software, and says where they differ.</summary>
/// <param name="hardware">This machine's.</param>
internal sealed class HardwareComparison(HardwareReplay hardware)
{
    private const int Shown = 12;

    /// <summary>Cases of a comparison: <c>SOFTWARE_CASES</c>, or a short share.</summary>
    public static int Cases(int share) => Setting("SOFTWARE_CASES", share);

    /// <summary>Compares.</summary>
    /// <param name="seed">Of the random operands; <c>SOFTWARE_SEED</c> is added to it.</param>
    /// <param name="count">How many.</param>
    /// <param name="make">Makes a case.</param>
    /// <param name="accepts">Whether a difference is one that may be; none may where this is null.</param>
    /// <returns>How many differed as they may.</returns>
    public int Run(int seed, int count, Func<Random, HardwareCase> make, Func<HardwareCase, HardwareCase, HardwareCase, bool>? accepts = null)
    {
        seed += Setting("SOFTWARE_SEED", 0);
        var random = new Random(seed);
        using var software = new SoftwareReplay();
        var cases = Enumerable.Range(0, count).Select(_ => make(random));
        var differences = new List<string>();
        var (different, accepted, kinds) = (0, 0, new SortedDictionary<string, int>(StringComparer.Ordinal));
        foreach (var batch in cases.Chunk(256))
        {
            var index = 0;
            foreach (var expected in hardware.Execute(batch))
            {
                var request = batch[index++];
                var actual = software.Execute(request);
                var difference = expected.Difference(actual);
                if (difference.Length == 0)
                {
                    continue;
                }

                if (accepts?.Invoke(request, expected, actual) == true)
                {
                    accepted++;
                    continue;
                }

                different++;
                var name = Disassemble(request);
                var kind = name[name.LastIndexOf('(')..];
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                if (kinds[kind] <= 2 && differences.Count < Shown * 4)
                {
                    differences.Add($"{name}\n{difference}\n  before: {request.Describe()}");
                }
            }
        }

        Assert.True(different == 0, $"""
            seed {seed}: {different} of {count} differ
            {string.Join('\n', kinds.OrderByDescending(kind => kind.Value).Select(kind => $"  {kind.Value} {kind.Key}"))}
            {string.Join('\n', differences)}
            """);
        return accepted;
    }

    /// <summary>The instructions of a case.</summary>
    public static string Disassemble(HardwareCase request)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(request.Code.ToArray()));
        var text = new List<string>();
        for (var at = 0UL; at < (ulong)request.Code.Length; at = decoder.IP)
        {
            text.Add(decoder.Decode() is var instruction ? $"{instruction} ({instruction.Code})" : "");
        }

        return string.Join("; ", text);
    }

    /// <summary>The encoding of an instruction.</summary>
    public static byte[] Encode(Instruction instruction)
    {
        var writer = new CodeWriterToList();
        Encoder.Create(64, writer).Encode(instruction, 0);
        return [.. writer.Bytes];
    }

    private static int Setting(string name, int value) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var set) ? set : value;

    private sealed class CodeWriterToList : CodeWriter
    {
        public List<byte> Bytes { get; } = [];

        public override void WriteByte(byte value) => Bytes.Add(value);
    }
}
