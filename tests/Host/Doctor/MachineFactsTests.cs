using KvmActors.Host.Doctor;

namespace KvmActors.Host.Tests.Doctor;

public sealed class MachineFactsTests
{
    [Fact]
    public void Read_ThisMachine_IsAsProcSays()
    {
        var facts = MachineFacts.Read();

        var memory = File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("MemTotal:", memory[0]);
        Assert.Equal(long.Parse(memory[1]) * 1024, facts.MemoryBytes);
        Assert.InRange(facts.AvailableMemoryBytes, 1, facts.MemoryBytes);
        Assert.Contains($"model name\t: {facts.Processor}", File.ReadLines("/proc/cpuinfo"));
        Assert.Equal($"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}", facts.Kernel);
        Assert.All(facts.KvmModule.Split(' ', StringSplitOptions.RemoveEmptyEntries), module => Assert.True(Directory.Exists($"/sys/module/{module}"), module));
        Assert.Contains(facts.HardwareVirtualization, (string[])["vmx", "svm", "none"]);
    }
}
