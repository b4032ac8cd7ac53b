using KvmActors.Machine.Recording;

namespace KvmActors.Machine.Tests.Recording;

public class CallNoteTests
{
    [Fact]
    public void Set_Call_IsPresentUntilTheNextExit()
    {
        var note = new CallNote();
        Assert.False(note.IsPresent);

        var call = new RecordedCall(1, 2, 3, -4) { First = 5, Third = 6, WasQueued = true };
        note.Set(call);
        Assert.True(note.IsPresent);
        Assert.Equal(call, note.Call);

        note.Clear();
        Assert.False(note.IsPresent);
    }
}
