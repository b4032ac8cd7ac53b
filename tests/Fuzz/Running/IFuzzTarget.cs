using KvmActors.Tests;

namespace KvmActors.Fuzz.Tests.Running;

/// <summary>
/// Something that must hold its promises whatever it is given. A target takes all its randomness from the input it is handed, so that
/// what it did can be done again, and made smaller, without its help.
/// </summary>
internal interface IFuzzTarget : IDisposable
{
    /// <summary>What it is called on the command line, and its corpus' folder.</summary>
    string Name { get; }

    /// <summary>How long it runs with each build.</summary>
    TimeSpan Share => TimeSpan.FromSeconds(10);

    /// <summary>The longest a case may take.</summary>
    TimeSpan TimeLimit => TestTime.Seconds(5);

    /// <summary>
    /// Makes a case out of the input and runs it, from the same state as every other. Where <see cref="FuzzInput.IsDescribed"/> says so,
    /// it notes each step in words.
    /// </summary>
    /// <param name="input">Where its choices come from.</param>
    /// <returns>How it ended, in a word or two, for the histogram.</returns>
    /// <exception cref="Exception">A promise was broken. <see cref="FuzzFailureException"/> says which; any other was not expected.</exception>
    string Run(FuzzInput input);
}

/// <summary>A promise that was broken.</summary>
internal sealed class FuzzFailureException(string promise) : Exception(promise);
