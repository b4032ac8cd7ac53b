namespace KvmActors.Tests;

/// <summary>Where KVMs differ in what tests check.</summary>
internal static class KvmDifferences
{
    private static readonly bool IsAmd = Directory.Exists("/sys/module/kvm_amd");

    /// <summary>Whether KVM resets a vCPU that triple-faulted before it says so: its registers are lost.</summary>
    public static bool ResetsOnTripleFault => IsAmd;

    /// <summary>Whether stepping may end early: AMD's KVM loses the trap at instructions that it completes itself.</summary>
    public static bool LosesSteps => IsAmd;
}
