using System.IO.Hashing;
using System.Text;
using KvmActors.Machine.Processor;
using KvmActors.Machine.Statistics;

namespace KvmActors.Actors.Results;

/// <summary>What became of a scenario.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Wall">How long it took.</param>
/// <param name="WasCancelled">Whether it was ended early; VMs that had not started then are missing.</param>
/// <param name="Vms">Every started VM, in the scenario's order.</param>
/// <param name="Statistics">All their exits and hypercalls.</param>
public sealed record ScenarioResult(
    string Scenario, TimeSpan Wall, bool WasCancelled, IReadOnlyList<VmResult> Vms, ExitStatistics Statistics)
{
    /// <summary>The same by VM name: what all instances did together.</summary>
    public IReadOnlyDictionary<string, ExitStatistics> StatisticsByName { get; init; } = new Dictionary<string, ExitStatistics>();

    /// <summary>What was kept of their exits; null when nothing was asked for.</summary>
    public ScenarioRecording? Recording { get; init; }

    /// <summary>Why the scenario could not go on, in one line; null when nothing but guests failed. Then VMs may be missing.</summary>
    public string? Problem { get; init; }

    /// <summary>How many VMs had to wait until there was memory, or threads, for them.</summary>
    public int DelayedStarts { get; init; }

    /// <summary>How many VMs had not ended when this was told, and still hold what they had; the process's end ends them.</summary>
    public int LeftBehind { get; init; }

    /// <summary>Whether every guest ended as wanted.</summary>
    public bool IsSuccess => !WasCancelled && Problem is null && Vms.All(vm => vm.IsSuccess);

    /// <summary>
    /// A hash of its VMs' trace hashes, in the scenario's order whichever ended first; null when one of them has none, or there is none.
    /// </summary>
    public string? TraceHash
    {
        get
        {
            var hash = new XxHash128();
            foreach (var vm in Vms)
            {
                var isIdle = vm.Backend == Backend.Software && vm.Vcpus.Count == 0;
                if (vm.TraceHash is null && !isIdle)
                {
                    return null;
                }

                hash.Append(Encoding.UTF8.GetBytes($"{vm.Id} {vm.TraceHash ?? "did not run"}\n"));
            }

            return Vms.Count == 0 ? null : Convert.ToHexStringLower(hash.GetCurrentHash());
        }
    }

    /// <summary>A scenario of which nothing else is known.</summary>
    /// <param name="problem">Why it could not go on, in one line.</param>
    public static ScenarioResult Failed(string problem) => new("", TimeSpan.Zero, WasCancelled: false, [], new ExitStatistics()) { Problem = problem };
}
