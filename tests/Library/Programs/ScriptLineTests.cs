using System.Text;
using KvmActors.Library.Programs;

namespace KvmActors.Library.Tests.Programs;

public sealed class ScriptLineTests
{
    [Theory]
    [InlineData("#!/bin/sh\n", "/bin/sh")]
    [InlineData("#!/bin/sh", "/bin/sh")]
    [InlineData("#! \t/bin/sh \t-e -u\nmore", "/bin/sh")]
    [InlineData("#!sh\t\n", "sh")]
    [InlineData("#!/bin/sh\0more\n", "/bin/sh")]
    [InlineData("#!", null)]
    [InlineData("#!\n/bin/sh", null)]
    [InlineData("#! \t \n", null)]
    public void FindInterpreter_FirstLine_IsItsFirstWord(string text, string? interpreter)
    {
        Assert.True(ScriptLine.IsScript(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(interpreter, ScriptLine.FindInterpreter(Encoding.ASCII.GetBytes(text)));
    }

    [Theory]
    [InlineData(253, true)]
    [InlineData(254, false)]
    [InlineData(400, false)]
    public void FindInterpreter_NameThatMayBeCutOff_IsNone(int length, bool isFound)
    {
        var name = new string('x', length);

        Assert.Equal(isFound ? name : null, ScriptLine.FindInterpreter(Encoding.ASCII.GetBytes($"#!{name} {name}\n")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("#")]
    [InlineData(" #!/bin/sh")]
    public void IsScript_OtherText_IsFalse(string text) => Assert.False(ScriptLine.IsScript(Encoding.ASCII.GetBytes(text)));
}
