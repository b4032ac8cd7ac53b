using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace KvmActors.Tests.Nested;

/// <summary>
/// Writes how each test ended, one line each and the details of those that failed, and the counts. Ends the process with
/// exit code 3, naming the test, when one runs too long: a test that hangs must not take the others' results along.
/// </summary>
internal sealed class ReportingSink : LongLivedMarshalByRefObject, IMessageSink, IDisposable
{
    private const int HungExitCode = 3;
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromSeconds(10);

    private readonly string _suite;
    private readonly TextWriter _output;
    private readonly TimeSpan _hungAfter;
    private readonly ConcurrentDictionary<ITest, long> _running = new();
    private readonly List<string> _failures = [];
    private readonly Lock _lock = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Timer _watch;
    private int _passed, _skipped, _excluded;

    public ReportingSink(string suite, TextWriter output, TimeSpan hungAfter)
    {
        (_suite, _output, _hungAfter) = (suite, output, hungAfter);
        _watch = new Timer(_ => Watch(), null, WatchPeriod, WatchPeriod);
    }

    public ManualResetEvent Finished { get; } = new(initialState: false);

    /// <summary>Counts and names a test that is not run here.</summary>
    public void Exclude(string test, string reason)
    {
        _excluded++;
        Write($"excluded {test}: {reason}");
    }

    /// <summary>Writes the counts.</summary>
    /// <returns>Whether all passed.</returns>
    public bool Summarize()
    {
        lock (_lock)
        {
            foreach (var failure in _failures)
            {
                _output.WriteLine(failure);
            }

            _output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"suite {_suite}: {_passed} passed, {_failures.Count} failed, {_skipped} skipped, {_excluded} excluded in {Stopwatch.GetElapsedTime(_started).TotalSeconds:F0} s"));
            _output.Flush();
            return _failures.Count == 0;
        }
    }

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestStarting starting:
                _running[starting.Test] = Stopwatch.GetTimestamp();
                break;
            case ITestPassed passed:
                Interlocked.Increment(ref _passed);
                WriteResult("passed", passed, "");
                break;
            case ITestSkipped skipped:
                Interlocked.Increment(ref _skipped);
                WriteResult("skipped", skipped, $": {skipped.Reason}");
                break;
            case ITestFailed failed:
                WriteResult("failed", failed, "");
                Fail(failed.Test.DisplayName, failed, failed.Output);
                break;
            case ITestFinished finished:
                _running.TryRemove(finished.Test, out _);
                break;
            case ITestAssemblyFinished:
                Finished.Set();
                break;
            case IFailureInformation error:
                // Anything else that went wrong: a fixture, a cleanup, the framework itself.
                Fail(message.GetType().Name, error, "");
                break;
        }

        return true;
    }

    public void Dispose()
    {
        _watch.Dispose();
        Finished.Dispose();
    }

    private void Watch()
    {
        foreach (var (test, since) in _running)
        {
            var elapsed = Stopwatch.GetElapsedTime(since);
            if (elapsed > _hungAfter)
            {
                lock (_lock)
                {
                    _failures.Add($"HUNG {test.DisplayName}: still running after {elapsed.TotalSeconds:F0} s; the tests after it did not run");
                }

                Summarize();
                Environment.Exit(HungExitCode);
            }

            if (elapsed > WatchPeriod)
            {
                Write($"running {elapsed.TotalSeconds,6:F1} s {test.DisplayName}");
            }
        }
    }

    private void WriteResult(string word, ITestResultMessage result, string more) =>
        Write(string.Create(CultureInfo.InvariantCulture, $"{word} {result.ExecutionTime,6:F1} s {result.Test.DisplayName}{more}"));

    private void Fail(string name, IFailureInformation failure, string output)
    {
        var text = $"FAILED {name}\n{string.Join('\n', failure.Messages)}\n{string.Join('\n', failure.StackTraces)}\n{output}";
        lock (_lock)
        {
            _failures.Add(text);
        }
    }

    private void Write(string line)
    {
        lock (_lock)
        {
            _output.WriteLine(line);
            _output.Flush();
        }
    }
}
