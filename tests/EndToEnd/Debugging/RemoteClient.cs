using System.Net;
using System.Net.Sockets;
using System.Text;
using KvmActors.Tests;

namespace KvmActors.EndToEnd.Tests.Debugging;

/// <summary>A debugger of the tests' own: speaks the remote protocol by hand.</summary>
internal sealed class RemoteClient : IDisposable
{
    private static readonly TimeSpan Limit = TestTime.Seconds(30);
    private readonly TcpClient _client = new() { NoDelay = true };

    private RemoteClient()
    {
    }

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Connects, as soon as somebody listens.</summary>
    public static async Task<RemoteClient> ConnectAsync(int port)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var client = new RemoteClient();
            try
            {
                await client._client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                return client;
            }
            catch (SocketException)
            {
                client.Dispose();
                await Task.Delay(20, limit.Token);
            }
        }
    }

    /// <summary>Sends bytes as they are.</summary>
    public Task SendRawAsync(byte[] bytes) => _client.GetStream().WriteAsync(bytes).AsTask();

    /// <summary>Sends a packet and reads the answer.</summary>
    public async Task<string> AskAsync(string content)
    {
        await SendAsync(content);
        return await ReceiveAsync();
    }

    /// <summary>Sends a packet.</summary>
    public Task SendAsync(string content) =>
        SendRawAsync(Encoding.Latin1.GetBytes($"${content}#{Encoding.Latin1.GetBytes(content).Aggregate(0, (sum, value) => (sum + value) & 0xFF):x2}"));

    /// <summary>Reads a packet, past acknowledgements.</summary>
    public async Task<string> ReceiveAsync()
    {
        var text = new StringBuilder();
        while (await ReadAsync() is var first && first != '$')
        {
            Assert.True(first is '+' or '-', $"0x{(int)first:x} between packets");
        }

        while (await ReadAsync() is var next && next != '#')
        {
            text.Append(next == '}' ? (char)(await ReadAsync() ^ 0x20) : next);
        }

        await ReadAsync();
        await ReadAsync();
        await SendRawAsync("+"u8.ToArray());
        return text.ToString();
    }

    public void Dispose() => _client.Dispose();

    private async Task<char> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        var one = new byte[1];
        await _client.GetStream().ReadExactlyAsync(one, limit.Token);
        return (char)one[0];
    }
}
