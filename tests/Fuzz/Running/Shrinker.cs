using System.Diagnostics;

namespace KvmActors.Fuzz.Tests.Running;

/// <summary>Makes the choices of a case that fails fewer and smaller as long as it fails.</summary>
/// <param name="fails">Runs a case; null when it does not fail, otherwise those of its choices that were asked for.</param>
internal sealed class Shrinker(Func<ulong[], ulong[]?> fails)
{
    private const int MaxStep = 32;

    /// <summary>Shrinks.</summary>
    /// <param name="choices">A case that fails.</param>
    /// <param name="time">How long at most.</param>
    public ulong[] Shrink(ulong[] choices, TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        for (var before = Array.Empty<ulong>(); !before.SequenceEqual(choices);)
        {
            before = choices;
            // A step of a case may be any number of choices long.
            for (var length = choices.Length / 2; length > 0; length -= length > MaxStep ? length / 2 : 1)
            {
                for (var at = choices.Length - length; at >= 0 && !IsOver(); at = Math.Min(at - 1, choices.Length - length))
                {
                    choices = Smaller([.. choices.AsSpan(0, at), .. choices.AsSpan(at + length)], choices);
                }
            }

            for (var at = 0; at < choices.Length && !IsOver(); at++)
            {
                for (var value = 0UL; at < choices.Length && value < choices[at] && !IsOver();)
                {
                    var candidate = choices.ToArray();
                    candidate[at] = value;
                    var smaller = Smaller(candidate, choices);
                    if (ReferenceEquals(smaller, choices))
                    {
                        // Nearer and nearer to what it is.
                        value += Math.Max(1, (choices[at] - value + 1) / 2);
                    }

                    choices = smaller;
                }
            }
        }

        return choices;

        bool IsOver() => Stopwatch.GetElapsedTime(start) > time;
    }

    private ulong[] Smaller(ulong[] candidate, ulong[] otherwise) => fails(candidate) ?? otherwise;
}
