using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace KvmActors.Browser.Tests;

/// <summary>A headless Chromium with one page, told what to do by the DevTools protocol.</summary>
internal sealed partial class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _profile;
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly List<JsonObject> _events = [];
    private string? _session;
    private int _commands;

    private Chromium(DirectoryInfo profile, Process process)
    {
        _profile = profile;
        _process = process;
    }

    /// <summary>What the page did that it should not: messages on the console, exceptions, requests for anything but itself.</summary>
    public IEnumerable<string> Complaints => _events.Select(Complaint).OfType<string>();

    /// <summary>Starts the browser with an empty page.</summary>
    public static async Task<Chromium> StartAsync()
    {
        var profile = Directory.CreateTempSubdirectory("kvmactors-chromium-");
        var process = Process.Start(new ProcessStartInfo(
            BrowserTheoryAttribute.Path!,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1200,900",
                $"--user-data-dir={profile.FullName}", "--remote-debugging-port=0", "about:blank",
            ])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var browser = new Chromium(profile, process);
        try
        {
            await browser.ConnectAsync();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the window as large as a device's.</summary>
    /// <param name="width">In CSS pixels.</param>
    /// <param name="height">In CSS pixels.</param>
    public Task ResizeAsync(int width, int height) => SendAsync("Emulation.setDeviceMetricsOverride", new JsonObject
    {
        ["width"] = width,
        ["height"] = height,
        ["deviceScaleFactor"] = 1,
        ["mobile"] = true,
    });

    /// <summary>Opens a page and waits until it is loaded.</summary>
    /// <param name="file">The page.</param>
    /// <param name="scheme"><c>light</c> or <c>dark</c>.</param>
    /// <param name="media"><c>screen</c> or <c>print</c>.</param>
    public async Task OpenAsync(string file, string scheme, string media = "screen")
    {
        await SendAsync("Emulation.setEmulatedMedia", new JsonObject
        {
            ["media"] = media,
            ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }),
        });
        await SendAsync("Page.navigate", new JsonObject { ["url"] = new Uri(file).AbsoluteUri });
        using var limit = new CancellationTokenSource(Limit);
        while (!_events.Exists(entry => (string?)entry["method"] == "Page.loadEventFired"))
        {
            await ReceiveAsync(limit.Token);
        }
    }

    /// <summary>Evaluates an expression in the page.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        var answer = await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true });
        return answer["exceptionDetails"] is { } problem ? throw new InvalidOperationException(problem.ToJsonString()) : answer["result"]!["value"];
    }

    /// <summary>Takes a picture of the whole page, as a PNG.</summary>
    public async Task<byte[]> CaptureAsync()
    {
        var answer = await SendAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png", ["captureBeyondViewport"] = true });
        return Convert.FromBase64String((string)answer["data"]!);
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        try
        {
            _profile.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A helper of the browser may still be closing its files; the folder is a temporary one.
        }
    }

    private async Task ConnectAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        string? address = null;
        var said = new StringBuilder();
        while (address is null && await _process.StandardError.ReadLineAsync(limit.Token) is { } line)
        {
            said.AppendLine(line);
            address = Listening().Match(line) is { Success: true } match ? match.Value : null;
        }

        // Nobody needs the rest, but nobody reading it would stop the browser.
        _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        await _socket.ConnectAsync(new Uri(address ?? throw new InvalidOperationException($"Chromium did not start:\n{said}")), limit.Token);

        var target = await SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        var attached = await SendAsync("Target.attachToTarget", new JsonObject { ["targetId"] = (string)target["targetId"]!, ["flatten"] = true });
        _session = (string)attached["sessionId"]!;
        foreach (var domain in (string[])["Page", "Runtime", "Log", "Network"])
        {
            await SendAsync($"{domain}.enable", []);
        }
    }

    private async Task<JsonObject> SendAsync(string method, JsonObject parameters)
    {
        using var limit = new CancellationTokenSource(Limit);
        var command = new JsonObject { ["id"] = ++_commands, ["method"] = method, ["params"] = parameters };
        if (_session is not null)
        {
            command["sessionId"] = _session;
        }

        var number = _commands;
        await _socket.SendAsync(Encoding.UTF8.GetBytes(command.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        while (true)
        {
            var message = await ReceiveAsync(limit.Token);
            if ((int?)message["id"] == number)
            {
                return message["error"] is { } error
                    ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}")
                    : message["result"]!.AsObject();
            }
        }
    }

    private async Task<JsonObject> ReceiveAsync(CancellationToken limit)
    {
        var buffer = new byte[1 << 16];
        using var text = new MemoryStream();
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), limit);
            text.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);

        var message = JsonNode.Parse(text.ToArray())!.AsObject();
        if (message["method"] is not null)
        {
            _events.Add(message);
        }

        return message;
    }

    private static string? Complaint(JsonObject entry) => (string?)entry["method"] switch
    {
        "Runtime.consoleAPICalled" or "Runtime.exceptionThrown" or "Log.entryAdded" or "Network.loadingFailed" or "Page.javascriptDialogOpening" =>
            entry.ToJsonString(),
        "Network.requestWillBeSent" when (string?)entry["params"]!["request"]!["url"] is { } url
            && !url.StartsWith("file:", StringComparison.Ordinal) && url != "about:blank" => url,
        _ => null,
    };

    [GeneratedRegex("(?<=DevTools listening on )ws://\\S+", RegexOptions.None, 1000)]
    private static partial Regex Listening();
}
