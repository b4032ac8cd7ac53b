using System.Globalization;
using KvmActors.Interop.Libc;

namespace KvmActors.Interop.Tests.Libc;

public class DescriptorLimitTests
{
    [Fact]
    public void Read_IsWhatTheKernelSaysAndAsMuchAsTheProcessMay()
    {
        var line = File.ReadLines("/proc/self/limits").Single(text => text.StartsWith("Max open files", StringComparison.Ordinal));
        var limits = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3..5].Select(text => long.Parse(text, CultureInfo.InvariantCulture));

        Assert.All(limits, limit => Assert.Equal(limit, DescriptorLimit.Read()));
    }

    [Fact]
    public void MayKeep_NumbersOfTheReserve_AreNotForGuests()
    {
        var first = (int)DescriptorLimit.Read() - DescriptorLimit.Reserve;

        Assert.Equal((true, false, false), (DescriptorLimit.MayKeep(first - 1), DescriptorLimit.MayKeep(first), DescriptorLimit.MayKeep(first + DescriptorLimit.Reserve)));
    }
}
