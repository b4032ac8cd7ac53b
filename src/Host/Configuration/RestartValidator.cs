using KvmActors.Actors.Specs;
using KvmActors.Library.Checking;

namespace KvmActors.Host.Configuration;

/// <summary>Checks the restart policy of a VM.</summary>
internal static class RestartValidator
{
    /// <summary>The most restarts that may be allowed.</summary>
    internal const int MaxRestarts = 1_000_000;

    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(1);

    /// <summary>Reads a policy; what is wrong with it goes to the problems.</summary>
    /// <param name="path">Its key.</param>
    /// <param name="options">What people wrote.</param>
    /// <param name="problems">What is wrong.</param>
    public static RestartPolicy Read(string path, RestartOptions options, Problems problems)
    {
        var mode = problems.ReadName<RestartMode>($"{path}:Policy", options.Policy);
        if (mode == RestartMode.Never)
        {
            if (options is not { MaxRestarts: null, Window: null, Backoff: null, MaxBackoff: null })
            {
                problems.Add(path, "its other keys mean nothing with the policy Never; set Policy to OnFailure or Always, or leave them out");
            }

            return RestartPolicy.Never;
        }

        var defaults = RestartPolicy.Never;
        var backoff = options.Backoff ?? defaults.Backoff;
        var policy = new RestartPolicy
        {
            Mode = mode,
            MaxRestarts = options.MaxRestarts ?? defaults.MaxRestarts,
            Window = options.Window,
            Backoff = backoff,
            MaxBackoff = options.MaxBackoff ?? TimeSpan.FromTicks(Math.Max(defaults.MaxBackoff.Ticks, backoff.Ticks)),
        };
        problems.CheckRange($"{path}:MaxRestarts", policy.MaxRestarts, 1, MaxRestarts);
        if (policy.Window <= TimeSpan.Zero)
        {
            problems.Add($"{path}:Window", $"{policy.Window} is not more than 0");
        }

        if (backoff < TimeSpan.Zero || backoff > LongestPause)
        {
            problems.Add($"{path}:Backoff", $"{backoff} is not from 0 to {LongestPause}");
        }
        else if (policy.MaxBackoff < backoff || policy.MaxBackoff > LongestPause)
        {
            problems.Add($"{path}:MaxBackoff", $"{policy.MaxBackoff} is not from the Backoff's {backoff} to {LongestPause}");
        }

        return policy;
    }
}
