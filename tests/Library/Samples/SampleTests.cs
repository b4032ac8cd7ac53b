using System.Net;

namespace KvmActors.Library.Tests.Samples;

/// <summary>The samples do what their first lines say, on KVM where there is one. ParserProperties is a suite of its own.</summary>
[Trait("Needs", "Repository")]
public sealed class SampleTests
{
    [Fact]
    public async Task FreshGuest_OnHostileInput_AnswersTheNextOneAsTheFirst()
    {
        var lines = (await SampleProcess.RunAsync("FreshGuest")).TrimEnd('\n').Split('\n');

        Assert.Equal(8, lines.Length);
        Assert.Equal(["6*7 = 42", "x=5 = 5", "x = 0"], lines[..3]);
        Assert.Contains("has ended: Panicked, formulas: #DE divide error", lines[3], StringComparison.Ordinal);
        Assert.Equal("2^9999999999999: takes too long", lines[4]);
        Assert.Contains("has ended: Panicked, formulas: #PF page fault", lines[5], StringComparison.Ordinal);
        Assert.Equal(["6* = 0", "6*7 = 42"], lines[6..]);
        Assert.Equal("y+): that is no formula\n", await SampleProcess.RunAsync("FreshGuest", "y+)"));
    }

    [Fact]
    public async Task Fleet_OfHundreds_KeepsEachRoomWarm()
    {
        var lines = (await SampleProcess.RunAsync("Fleet", "240")).TrimEnd('\n').Split('\n');

        Assert.Equal(8, lines.Length);
        Assert.Contains("240 of 240 thermostats ended well", lines[^1], StringComparison.Ordinal);
        foreach (var (index, row) in lines[1..^1].Index())
        {
            var cells = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal([$"{-15 + (5 * index)}", "°C", "40"], cells[..3]);
            Assert.InRange(double.Parse(cells[3]), 18.5, 21.5);
        }
    }

    [Fact]
    public async Task PluginHost_RunsWhatIsUploaded_StreamsIt_AndEndsWhatDoesNot()
    {
        using var service = SampleProcess.Start("PluginHost", "--urls", "http://127.0.0.1:0");
        try
        {
            using var client = new HttpClient { BaseAddress = await AddressOf(service), Timeout = TimeSpan.FromMinutes(1) };
            var words = await File.ReadAllBytesAsync(Path.Combine(SampleProcess.Folder("PluginHost"), "guests", "words"));

            Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync("/plugins/text", "no program"u8.ToArray())).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await PostAsync("/plugins/words/run", [])).StatusCode);
            Assert.Equal(HttpStatusCode.Created, (await PostAsync("/plugins/words", words)).StatusCode);
            Assert.Equal(HttpStatusCode.Conflict, (await PostAsync("/plugins/words", words)).StatusCode);

            var run = await PostAsync("/plugins/words/run", "one two three\nfour\n"u8.ToArray());
            Assert.Equal(["output 3", "output 1", "end Exited 0"], Events(await run.Content.ReadAsStringAsync()));

            // What it has written comes before it has ended.
            using var request = new HttpRequestMessage(HttpMethod.Post, "/plugins/words/run?arg=spin") { Content = new ByteArrayContent("a b\n"u8.ToArray()) };
            using var spins = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            await using var stream = await spins.Content.ReadAsStreamAsync();
            using var reader = new StreamReader(stream);
            Assert.Equal(("event: output", "data: 2"), (await reader.ReadLineAsync(), await reader.ReadLineAsync()));
            Assert.Equal(["end OutOfBudget"], Events(await reader.ReadToEndAsync()));

            Task<HttpResponseMessage> PostAsync(string path, byte[] body) => client.PostAsync(new Uri(path, UriKind.Relative), new ByteArrayContent(body));
        }
        finally
        {
            service.Kill();
            await service.WaitForExitAsync();
        }
    }

    private static IEnumerable<string> Events(string stream) => stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(text => text.Trim('\n').Replace("event: ", "", StringComparison.Ordinal).Replace("\ndata: ", " ", StringComparison.Ordinal));

    private static async Task<Uri> AddressOf(System.Diagnostics.Process service)
    {
        const string Listening = "Now listening on: ";
        using var late = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await service.StandardOutput.ReadLineAsync(late.Token) is { } line)
        {
            if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
            {
                return new Uri(line[(at + Listening.Length)..]);
            }
        }

        throw new InvalidOperationException($"PluginHost did not begin: {await service.StandardError.ReadToEndAsync(late.Token)}");
    }
}
