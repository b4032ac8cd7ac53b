
namespace KvmActors.Actors.Vm;

/// <content>Looking, by a timer, whether the instance used more than it may. Nothing looks where nothing is limited so.</content>
public sealed partial class VmActor
{
    private void Look()
    {
        if (_instance!.Use.Look(_slot!.Vm.Memory) is { } verdict)
        {
            EndEarly(verdict, "out of budget");
        }
        else
        {
            LookLater();
        }
    }

    private void LookLater()
    {
        if (_instance!.Use.NextLook is { } delay)
        {
            Timers.StartSingleTimer(nameof(LookAtUse), LookAtUse.Instance, delay);
        }
    }

    private sealed record LookAtUse
    {
        public static LookAtUse Instance { get; } = new();
    }
}
