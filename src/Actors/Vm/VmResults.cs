using System.Diagnostics;
using KvmActors.Actors.Results;
using KvmActors.Actors.Specs;
using KvmActors.Actors.Vcpu;
using KvmActors.Machine.Processor;

namespace KvmActors.Actors.Vm;

/// <summary>Makes one VM's result out of its vCPUs' ends.</summary>
internal static class VmResults
{
    /// <summary>Sums up a VM.</summary>
    /// <param name="id">The instance.</param>
    /// <param name="name">What instances share.</param>
    /// <param name="created">When it was asked for, in <see cref="Stopwatch"/> ticks.</param>
    /// <param name="verdict">What ended it early, if anything did.</param>
    /// <param name="ended">The ends of the vCPUs that ran.</param>
    public static VmResult Summarise(string id, string name, long created, VmVerdict? verdict, IReadOnlyList<VcpuEnded> ended)
    {
        var entered = ended.Count > 0 ? ended.Min(vcpu => vcpu.Entered) : created;
        var left = ended.Count > 0 ? ended.Max(vcpu => vcpu.Left) : created;
        var statuses = ended.Where(vcpu => vcpu.End.Status is not null).OrderBy(vcpu => vcpu.Index).Select(vcpu => vcpu.End.Status).ToList();

        // A deadline, or the end of a budget, that came after the last vCPU had stopped by itself changed nothing.
        var overtaken = verdict?.Outcome is VmOutcome.TimedOut or VmOutcome.Cancelled or VmOutcome.OutOfBudget
            && ended.Count > 0 && ended.All(vcpu => vcpu.End.Kind is not (VcpuEndKind.Stopped or VcpuEndKind.OutOfBudget));
        var natural = statuses.Count > 0 ? VmOutcome.Exited : VmOutcome.Halted;
        return new VmResult
        {
            Id = id,
            Name = name,
            Outcome = verdict is null || overtaken ? natural : verdict.Outcome,
            Message = (overtaken ? null : verdict?.Message) ?? ended.OrderBy(vcpu => vcpu.Index).Select(vcpu => vcpu.End.Message).FirstOrDefault(message => message is not null),
            ExitCode = statuses.FirstOrDefault(status => status != 0) ?? statuses.FirstOrDefault(),
            Signal = ended.Select(vcpu => vcpu.End.Signal).FirstOrDefault(signal => signal is not null),
            StartDuration = Stopwatch.GetElapsedTime(created, entered),
            RunDuration = Stopwatch.GetElapsedTime(entered, left),
            Vcpus =
            [
                .. ended.OrderBy(vcpu => vcpu.Index).Select(vcpu => new VcpuResult(
                    vcpu.Index, vcpu.Statistics.CountByReason())
                {
                    End = vcpu.End.Kind,
                    Status = vcpu.End.Status,
                    Thread = vcpu.Thread,
                    Registers = vcpu.Registers,
                }),
            ],
            Crash = ended.Select(vcpu => vcpu.Crash).FirstOrDefault(crash => crash is not null),
        };
    }
}
