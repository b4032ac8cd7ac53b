using Akka.Actor;
using Akka.Configuration;
using Xunit.Abstractions;

namespace Akka.TestKit.Xunit2;

/// <summary>The base of a test class: one actor system per test, which ends with it.</summary>
public class TestKit : TestKitBase, IDisposable
{
    private bool _disposed;

    /// <summary>A test in a system with that configuration.</summary>
    /// <param name="config">HOCON.</param>
    /// <param name="output">Where the system's log goes; standard output when null.</param>
    public TestKit(string config, ITestOutputHelper? output = null)
        : this(CreateSystem(ConfigurationFactory.ParseString(config), Log(output)), output)
    {
    }

    /// <summary>A test in the given system, or in a new one.</summary>
    /// <param name="system">The system; it ends with the test.</param>
    /// <param name="output">Where a new system's log goes; standard output when null.</param>
    public TestKit(ActorSystem? system = null, ITestOutputHelper? output = null)
        : base(system ?? CreateSystem(Config.Empty, Log(output)), testActorName: null)
    {
        Output = output;
        BecomeImplicitSender();
    }

    /// <summary>The test's output, if it was given.</summary>
    protected ITestOutputHelper? Output { get; }

    /// <summary>Ends the test's system.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs before the test's system ends.</summary>
    protected virtual void AfterAll()
    {
    }

    /// <summary>Ends the test's system, once.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        try
        {
            AfterAll();
        }
        finally
        {
            EndTest();
        }
    }

    private static Action<string>? Log(ITestOutputHelper? output) => output is null
        ? null
        : line =>
        {
            try
            {
                output.WriteLine(line);
            }
            catch (InvalidOperationException)
            {
                // xunit takes no output of a test that is over.
            }
        };
}
