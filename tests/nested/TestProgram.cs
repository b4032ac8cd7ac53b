using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KvmActors.Tests.Nested;

/// <summary>
/// Makes each test assembly a program that runs its own tests, for where there is only a .NET runtime and no SDK:
/// <c>dotnet X.Tests.dll [--filter TEXT] [--without NEED,NEED] [--shard 1/2]</c>. Exit code 0: all passed; 1: some failed; 2: wrong arguments;
/// 3: one hung.
/// </summary>
internal static class TestProgram
{
    /// <summary>So many times longer where a test does the same so many times (<c>run --rounds</c>).</summary>
    private static readonly TimeSpan HungAfter = TestTime.Seconds(30) * Rounds;

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("THREAD_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? Math.Max(rounds, 1) : 1;

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Ends the program with a message.")]
    public static int Main(string[] arguments)
    {
        if (!TryParse(arguments, out var filter, out var missing, out var shard))
        {
            Console.Error.WriteLine("Usage: [--filter TEXT] [--without NEED,NEED] [--shard NUMBER/COUNT]");
            return 2;
        }

        var assembly = Assembly.GetExecutingAssembly();
        using var discovered = new DiscoverySink();
        using var framework = new SuiteFramework(discovered);
        using var discoverer = framework.GetDiscoverer(Reflector.Wrap(assembly));
        discoverer.Find(includeSourceInformation: false, discovered, new RunOptions());
        discovered.Finished.WaitOne();

        var suite = assembly.GetName().Name!;
        using var sink = new ReportingSink(suite, Console.Out, HungAfter);
        var chosen = new List<ITestCase>();
        var mine = discovered.Cases
            .Where(test => test.DisplayName.Contains(filter, StringComparison.OrdinalIgnoreCase))
            .OrderBy(test => test.DisplayName, StringComparer.Ordinal)
            .Where((_, index) => index % shard.Count == shard.Number - 1);
        foreach (var test in mine)
        {
            if (test.Traits.TryGetValue("Needs", out var needs) && needs.Intersect(missing, StringComparer.Ordinal).FirstOrDefault() is { } need)
            {
                sink.Exclude(test.DisplayName, $"needs the {need.ToLowerInvariant()}");
            }
            else
            {
                chosen.Add(test);
            }
        }

        using var executor = framework.GetExecutor(assembly.GetName());
        executor.RunTests(chosen, sink, new RunOptions());
        sink.Finished.WaitOne();
        return sink.Summarize() ? 0 : 1;
    }

    private static bool TryParse(string[] arguments, out string filter, out string[] missing, out (int Number, int Count) shard)
    {
        (filter, missing, shard) = ("", [], (1, 1));
        for (var i = 0; i < arguments.Length; i += 2)
        {
            switch (arguments[i])
            {
                case "--filter" when i + 1 < arguments.Length:
                    filter = arguments[i + 1];
                    break;
                case "--without" when i + 1 < arguments.Length:
                    missing = arguments[i + 1].Split(',');
                    break;
                case "--shard" when i + 1 < arguments.Length && TryParseShard(arguments[i + 1], out shard):
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static bool TryParseShard(string text, out (int Number, int Count) shard)
    {
        shard = default;
        return text.Split('/') is [var number, var count]
            && int.TryParse(number, CultureInfo.InvariantCulture, out shard.Number)
            && int.TryParse(count, CultureInfo.InvariantCulture, out shard.Count)
            && shard.Number >= 1
            && shard.Number <= shard.Count;
    }

    private sealed class DiscoverySink : LongLivedMarshalByRefObject, IMessageSink, IDisposable
    {
        public List<ITestCase> Cases { get; } = [];

        public ManualResetEvent Finished { get; } = new(initialState: false);

        public bool OnMessage(IMessageSinkMessage message)
        {
            switch (message)
            {
                case ITestCaseDiscoveryMessage found:
                    Cases.Add(found.TestCase);
                    break;
                case IDiscoveryCompleteMessage:
                    Finished.Set();
                    break;
            }

            return true;
        }

        public void Dispose() => Finished.Dispose();
    }

    private sealed class RunOptions : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

        public TValue? GetValue<TValue>(string name) => _values.TryGetValue(name, out var value) ? (TValue?)value : default;

        public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
    }
}
