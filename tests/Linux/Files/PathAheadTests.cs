using System.Text;
using KvmActors.Linux.Files;

namespace KvmActors.Linux.Tests.Files;

public class PathAheadTests
{
    [Theory]
    [InlineData("/a//b/", "a b")]
    [InlineData("c", "x y c")]
    [InlineData("/", "")]
    public void TakeName_UntilNothingIsAhead_GivesEachName(string path, string names)
    {
        var ahead = Ahead(path);
        var taken = new List<string>();
        while (ahead.SkipSeparators())
        {
            taken.Add(Encoding.ASCII.GetString(ahead.TakeName()));
        }

        Assert.Equal((names, true), (string.Join(' ', taken), ahead.IsEmpty));
    }

    [Fact]
    public void TryPut_LinkInPlaceOfAName_ComesBeforeTheRest()
    {
        var ahead = Ahead("/link/b");
        ahead.SkipSeparators();
        ahead.TakeName();

        Assert.True(ahead.TryPut("d/e"u8));
        Assert.Equal("d", Encoding.ASCII.GetString(ahead.TakeName()));
        Assert.False(ahead.TryPut(new byte[4 * GuestPath.MaxBytes]));
    }

    [Theory]
    [InlineData("/a/b", false, "a/b")]
    [InlineData("/a/b/c", true, "a/b")]
    [InlineData("/a/b/c/", true, "a/b")]
    [InlineData("/a/b/", false, "")]
    [InlineData("/a/../b", false, "")]
    [InlineData("/a/./b", false, "")]
    [InlineData("/a//b", false, "")]
    [InlineData("/a", false, "")]
    [InlineData("/a/b", true, "")]
    public void Interrupt_SeveralNames_AreGivenAndStayAhead(string path, bool butLast, string expected)
    {
        var ahead = Ahead(path);
        ahead.SkipSeparators();

        var names = ahead.Interrupt(butLast, out var behind);

        Assert.Equal(expected, Encoding.ASCII.GetString(names.TrimEnd((byte)0)));
        if (!names.IsEmpty)
        {
            ahead.Resume(names.Length - 1, behind, areTaken: false);
        }

        Assert.Equal("a", Encoding.ASCII.GetString(ahead.TakeName()));
    }

    private static PathAhead Ahead(string path)
    {
        var ahead = new PathAhead();
        ahead.Set("/x/y"u8, Encoding.ASCII.GetBytes(path));
        return ahead;
    }
}
