namespace KvmActors.Host.CommandLine;

/// <summary>Options of <c>docker run</c> that people type before a program out of habit and <c>exec</c> does not have: why not.</summary>
internal static class DockerWords
{
    private const string Streams = "not needed, the program has this process's standard streams, a terminal among them; leave it out";
    private const string Network = "there is no network in the VM; leave it out";
    private const string Background = "exec ends when the program does; put & behind it in a shell";
    private const string User = "not needed, the program is root in its VM and changes host files as the user who starts it; leave it out";

    private static readonly Dictionary<string, string> Reasons = new(StringComparer.Ordinal)
    {
        ["--rm"] = "not needed, nothing of a VM remains; leave it out",
        ["-i"] = Streams,
        ["-t"] = Streams,
        ["--interactive"] = Streams,
        ["--tty"] = Streams,
        ["-u"] = User,
        ["--user"] = User,
        ["-d"] = Background,
        ["--detach"] = Background,
        ["-p"] = Network,
        ["-P"] = Network,
        ["--publish"] = Network,
        ["--publish-all"] = Network,
        ["--network"] = Network,
        ["--net"] = Network,
        ["--expose"] = Network,
        ["--name"] = "not needed, the VM is there only as long as this command; leave it out",
        ["--hostname"] = "the VM's name cannot be changed; leave it out",
        ["--entrypoint"] = "not needed, the program is named as it is; leave it out",
        ["--mount"] = "use --map HOST:GUEST[:rw|:overlay]",
        ["--read-only"] = "not needed, what --map gives is read-only unless it says otherwise; leave it out",
        ["--privileged"] = "not needed, the program is root in its VM, and nothing more on the host; leave it out",
        ["--init"] = "not needed, the guest kernel does what an init does; leave it out",
        ["--restart"] = "exec runs the program once; a scenario's Restart starts it again",
    };

    /// <summary>Says why there is no such option.</summary>
    /// <param name="name">The option, or several of one letter in a word, as in <c>-it</c>.</param>
    /// <returns>Null when docker has none of that name, either.</returns>
    public static string? Find(string name)
    {
        if (Reasons.TryGetValue(name, out var reason) || !name.StartsWith('-') || name.StartsWith("--", StringComparison.Ordinal) || name.Length < 2)
        {
            return reason;
        }

        var each = name[1..].Select(letter => Reasons.GetValueOrDefault($"-{letter}")).ToList();
        return each.Contains(null) ? null : each.Find(one => one != Streams) ?? each[0];
    }
}
