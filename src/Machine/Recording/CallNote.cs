namespace KvmActors.Machine.Recording;

/// <summary>
/// The call that the exit at hand made, if it made one: whoever serves it writes it down, whoever measures the exit reads it.
/// Belongs to the vCPU's thread.
/// </summary>
public sealed class CallNote
{
    private RecordedCall _call;

    /// <summary>Whether the exit made a call.</summary>
    public bool IsPresent { get; private set; }

    /// <summary>The call; meaningless when there is none.</summary>
    public ref readonly RecordedCall Call => ref _call;

    /// <summary>Begins a new exit.</summary>
    public void Clear() => IsPresent = false;

    /// <summary>Notes the exit's call.</summary>
    public void Set(in RecordedCall call)
    {
        _call = call;
        IsPresent = true;
    }
}
