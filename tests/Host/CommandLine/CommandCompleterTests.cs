using KvmActors.Host.CommandLine;
using KvmActors.Host.Completion;

namespace KvmActors.Host.Tests.CommandLine;

public sealed class CommandCompleterTests
{
    /// <summary>The words, a bar between two; what the shell finds itself; what of the last stays; what completes it.</summary>
    [Theory]
    [InlineData("do", "Words", "", "doctor")]
    [InlineData("co", "Words", "", "compare completion")]
    [InlineData("--qu", "Words", "", "--quiet")]
    [InlineData("--backend|", "Words", "", "auto kvm software")]
    [InlineData("--backend=k", "Words", "--backend=", "kvm")]
    [InlineData("run|--sandbox|o", "Words", "", "on off")]
    [InlineData("run|--json|", "Files", "", "")]
    [InlineData("run|--json=a b", "Files", "--json=", "")]
    [InlineData("run|--core|", "Folders", "", "")]
    [InlineData("run|--output|fi", "Words", "", "files=")]
    [InlineData("run|--output|files=a", "Folders", "files=", "")]
    [InlineData("run|--output=files=a", "Folders", "--output=files=", "")]
    [InlineData("run|or", "Files", "", "orw")]
    [InlineData("run|--Kvm:Device|/x|or", "Files", "", "orw")]
    [InlineData("run|--quiet|--qui", "Words", "", "")]
    [InlineData("run|--Kvm:Device|", "Words", "", "")]
    [InlineData("--scenario|or", "Files", "", "orw")]
    [InlineData("check|or", "Files", "", "orw")]
    [InlineData("list|--v", "Words", "", "--version")]
    [InlineData("new|", "Folders", "", "")]
    [InlineData("new|a|--guest|", "Words", "", "c asm")]
    [InlineData("compare|a.json|", "Files", "", "")]
    [InlineData("completion|", "Words", "", "bash fish zsh")]
    [InlineData("exec|bus", "Programs", "", "")]
    [InlineData("exec|--root|", "Folders", "", "")]
    [InlineData("exec|--map|/e", "Files", "", "")]
    [InlineData("exec|--map|/etc:/e", "Words", "", "")]
    [InlineData("exec|--map=/etc:/etc:", "Words", "--map=/etc:/etc:", "rw overlay")]
    [InlineData("exec|-v|/etc:/etc:r", "Words", "/etc:/etc:", "ro rw")]
    [InlineData("exec|--env-file|", "Files", "", "")]
    [InlineData("exec|--max-i", "Words", "", "--max-instructions")]
    [InlineData("exec|--map|a:/b|--map", "Words", "", "--map")]
    [InlineData("exec|--memory|64|prog|--ma", "Files", "", "")]
    [InlineData("exec|--|prog|", "Files", "", "")]
    [InlineData("exec|--|--pro", "Programs", "", "")]
    [InlineData("complete|", "Words", "", "")]
    [InlineData("frob|--frob", "Words", "", "")]
    public void Complete_Words_AreThoseThatMayFollow(string words, string kind, string prefix, string expected)
    {
        var reply = CommandCompleter.Complete(CommandLineParser.Create(), words.Split('|'));

        Assert.Equal((kind, prefix, expected), (reply.Kind.ToString(), reply.Prefix, string.Join(' ', reply.Words.Select(word => word.Word))));
    }

    [Fact]
    public void Complete_NothingYet_IsEveryCommandThatPeopleUse() => Assert.Equal(
        CommandLineParser.Create().Subcommands.Where(command => !command.Hidden).Select(command => command.Name),
        CommandCompleter.Complete(CommandLineParser.Create(), [""]).Words.Select(word => word.Word));

    [Fact]
    public void Format_Reply_IsALineEach()
    {
        Assert.Equal("files --a=\nb\tdoes c\n", new CompletionReply(CompletionKind.Files, "--a=", [("b", "does c")]).Format());
        Assert.Equal("", new CompletionReply(CompletionKind.Files, "a\nb=", []).Format());
    }
}
