using Xunit.Abstractions;
using Xunit.Sdk;

namespace KvmActors.Tests;

/// <summary>What executes the guests of a test that can use KVM and software alike (<see cref="VmFactAttribute"/>).</summary>
internal static class TestBackend
{
    private static readonly AsyncLocal<bool> Software = new();

    private enum Choice
    {
        /// <summary>Software, and KVM where there is one; of a slow suite a share in software then.</summary>
        Default,

        /// <summary>All tests on KVM, and all in software.</summary>
        All,

        /// <summary>KVM alone.</summary>
        Kvm,

        /// <summary>Software alone.</summary>
        Software,
    }

    /// <summary>Whether the test that asks is to run its guests in software; on KVM otherwise.</summary>
    public static bool IsSoftware
    {
        get => Software.Value;
        set => Software.Value = value;
    }

    // A word that is none is not to pass for the default.
    private static Choice Wanted { get; } = Environment.GetEnvironmentVariable("TEST_BACKENDS") is { Length: > 0 } word
        ? Enum.Parse<Choice>(word, ignoreCase: true)
        : Choice.Default;

    private static int Share { get; } =
        (Attribute.GetCustomAttribute(typeof(TestBackend).Assembly, typeof(SoftwareShareAttribute)) as SoftwareShareAttribute)?.OneOf ?? 1;

    /// <summary>Words of the program's command line, with the option that has it use the test's backend.</summary>
    public static string[] Arguments(IEnumerable<string> arguments)
    {
        string[] words = [.. arguments];
        return !IsSoftware || words.Contains("--backend", StringComparer.Ordinal)
            ? words
            : words switch
            {
                [("exec" or "run") and var command, .. var rest] => [command, "--backend", "software", .. rest],
                [] or [['-', ..], ..] => ["--backend", "software", .. words],
                _ => words,
            };
    }

    /// <summary>Which of a test's cases there are here.</summary>
    /// <param name="cases">Makes all of its cases for a backend: in software or not.</param>
    /// <param name="always">Whether they are in the share that runs in software where there is KVM too.</param>
    public static IEnumerable<IXunitTestCase> Choose(Func<bool, IEnumerable<IXunitTestCase>> cases, bool always)
    {
        var hasKvm = KvmRequirement.SkipReason is null;
        if (Wanted == Choice.Kvm || (hasKvm && Wanted != Choice.Software))
        {
            foreach (var test in cases(false))
            {
                yield return test;
            }
        }

        if (Wanted != Choice.Kvm)
        {
            foreach (var test in cases(true).Where(test => !hasKvm || Wanted != Choice.Default || always || IsInShare(test)))
            {
                yield return test;
            }
        }
    }

    // By its name alone, so that it is the same tests each time.
    private static bool IsInShare(ITestCase test)
    {
        var hash = 2166136261u;
        foreach (var letter in $"{test.TestMethod.TestClass.Class.Name} {test.DisplayName}")
        {
            hash = (hash ^ letter) * 16777619u;
        }

        return (hash >> 8) % Share == 0;
    }
}

/// <summary>Says of a suite that is slow in software that of its tests one in so many runs there where there is KVM too.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class SoftwareShareAttribute(string oneOf) : Attribute
{
    /// <summary>One in how many, at least 1.</summary>
    public int OneOf { get; } = int.Parse(oneOf, System.Globalization.CultureInfo.InvariantCulture);
}
