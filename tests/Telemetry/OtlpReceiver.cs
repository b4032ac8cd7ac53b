using System.Buffers.Binary;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace KvmActors.Telemetry.Tests;

/// <summary>Stands in for an OpenTelemetry collector: takes OTLP by gRPC or by HTTP, on a port of its own.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly List<ReceivedSpan> _spans = [];
    private readonly Dictionary<string, ReceivedPoint> _points = [];

    private OtlpReceiver(bool grpc, TimeSpan delay)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        _app = builder.Build();
        _app.Run(async context =>
        {
            await Task.Delay(delay);
            try
            {
                await (grpc ? TakeGrpcAsync(context) : TakeAsync(context));
            }
            catch (Exception e)
            {
                Failure = e;
                throw;
            }
        });
    }

    /// <summary>Where it listens.</summary>
    public string Endpoint => _app.Urls.Single();

    /// <summary>What was wrong with a request; null when nothing was.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>What the sender says about itself.</summary>
    public Dictionary<string, string> Resource { get; } = [];

    /// <summary>The headers of the last request.</summary>
    public Dictionary<string, string> Headers { get; } = [];

    /// <summary>Requests, by path.</summary>
    public Dictionary<string, int> Requests { get; } = [];

    /// <summary>The spans so far.</summary>
    public IReadOnlyList<ReceivedSpan> Spans
    {
        get
        {
            Assert.Null(Failure);
            lock (_gate)
            {
                return [.. _spans];
            }
        }
    }

    /// <summary>Each series as it was sent last: values are cumulative.</summary>
    public IReadOnlyList<ReceivedPoint> Points
    {
        get
        {
            lock (_gate)
            {
                return [.. _points.Values];
            }
        }
    }

    /// <param name="grpc">Whether it takes gRPC; HTTP with protobuf otherwise.</param>
    /// <param name="delay">How long it takes over each request.</param>
    public static async Task<OtlpReceiver> StartAsync(bool grpc, TimeSpan delay = default)
    {
        var receiver = new OtlpReceiver(grpc, delay);
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        Take(context, await ReadBodyAsync(context));
        context.Response.ContentType = "application/x-protobuf";
    }

    private async Task TakeGrpcAsync(HttpContext context)
    {
        // One message: a byte for compression, four for the length, the message.
        var body = await ReadBodyAsync(context);
        Assert.Equal((0, body.Length - 5), (body[0], BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1))));
        Take(context, body[5..]);
        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        return body.ToArray();
    }

    private void Take(HttpContext context, byte[] message)
    {
        var path = context.Request.Path.Value!;
        lock (_gate)
        {
            Requests[path] = Requests.GetValueOrDefault(path) + 1;
            foreach (var (name, value) in context.Request.Headers)
            {
                Headers[name] = value.ToString();
            }

            if (path.Contains("trace", StringComparison.OrdinalIgnoreCase))
            {
                _spans.AddRange(OtlpMessages.ReadSpans(message, Resource));
                return;
            }

            foreach (var point in OtlpMessages.ReadMetrics(message, Resource))
            {
                var tags = string.Join(' ', point.Attributes.OrderBy(tag => tag.Key, StringComparer.Ordinal));
                _points[$"{point.Metric} {tags}"] = point;
            }
        }
    }
}
