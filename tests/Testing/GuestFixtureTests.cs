using KvmActors.Tests;

namespace KvmActors.Testing.Tests;

/// <summary>A class of tests as its users write it.</summary>
public sealed class GuestFixtureTests(GuestFixtureTests.Shell shell) : IClassFixture<GuestFixtureTests.Shell>
{
    [GuestFact]
    public async Task RunAsync_InATest_HasAGuestOfItsOwn()
    {
        Assert.Equal("one\n", (await shell.RunAsync(new GuestStartOptions { InputBytes = "one\n"u8.ToArray() })).OutputText);
        Assert.Equal("two\n", (await shell.RunAsync(new GuestStartOptions { InputBytes = "two\n"u8.ToArray() })).OutputText);
    }

    [GuestTheory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task StartAsync_InATheory_HasAGuestForEachCase(int status)
    {
        await using var guest = await shell.StartAsync(new GuestStartOptions { Arguments = ["sh", "-c", $"exit {status}"] });

        Assert.Equal(status, (await guest.Completion).ExitCode);
    }

    [Fact]
    public void Skip_OfATestThatNeedsKvm_IsThereWhereThereIsNone()
    {
        var fact = new GuestFactAttribute { RequiresKvm = true };

        Assert.Equal(KvmRequirement.SkipReason is null, fact.Skip is null);
        Assert.Null(new GuestFactAttribute().Skip);
    }

    public sealed class Shell : GuestFixture
    {
        protected override GuestProgram Program => new("/usr/bin/busybox") { Arguments = ["cat"] };
    }
}
