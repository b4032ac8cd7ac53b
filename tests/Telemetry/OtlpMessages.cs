using System.Globalization;

namespace KvmActors.Telemetry.Tests;

/// <summary>A span as it arrived.</summary>
internal sealed record ReceivedSpan(
    string Trace, string Id, string Parent, string Name, ulong Start, ulong End, IReadOnlyDictionary<string, string> Attributes,
    IReadOnlyList<string> Events, IReadOnlyList<string> Links);

/// <summary>One series of a metric as it arrived last: its value, or its count where it is a histogram.</summary>
internal sealed record ReceivedPoint(string Metric, string Kind, IReadOnlyDictionary<string, string> Attributes, double Value, long BucketSum, double Total);

/// <summary>Takes OTLP's export requests apart (opentelemetry/proto/collector/…/v1), as far as the tests look.</summary>
internal static class OtlpMessages
{
    /// <summary>Reads an ExportTraceServiceRequest.</summary>
    public static List<ReceivedSpan> ReadSpans(ReadOnlySpan<byte> request, Dictionary<string, string> resource)
    {
        var spans = new List<ReceivedSpan>();
        foreach (var span in Descend(request, resource))
        {
            spans.Add(ReadSpan(span));
        }

        return spans;
    }

    /// <summary>Reads an ExportMetricsServiceRequest.</summary>
    public static List<ReceivedPoint> ReadMetrics(ReadOnlySpan<byte> request, Dictionary<string, string> resource)
    {
        var points = new List<ReceivedPoint>();
        foreach (var metric in Descend(request, resource))
        {
            var name = "";
            var reader = new ProtobufReader(metric);
            while (reader.Read())
            {
                switch (reader.Field)
                {
                    case 1:
                        name = reader.Text;
                        break;
                    case 5 or 7 or 9 or 10:
                        var kind = reader.Field switch { 5 => "gauge", 7 => "sum", 9 => "histogram", _ => "exponential" };
                        var data = new ProtobufReader(reader.Bytes);
                        while (data.Read())
                        {
                            if (data.Field == 1)
                            {
                                points.Add(ReadPoint(name, kind, data.Bytes));
                            }
                        }

                        break;
                }
            }
        }

        return points;
    }

    // Both requests: 1 per resource { 1 resource, 2 per scope { 1 scope, 2 the items } }.
    private static List<byte[]> Descend(ReadOnlySpan<byte> request, Dictionary<string, string> resource)
    {
        var items = new List<byte[]>();
        var outer = new ProtobufReader(request);
        while (outer.Read())
        {
            var inner = new ProtobufReader(outer.Bytes);
            while (inner.Read())
            {
                if (inner.Field > 2)
                {
                    continue;
                }

                var scope = new ProtobufReader(inner.Bytes);
                while (scope.Read())
                {
                    if (inner.Field == 1 && scope.Field == 1)
                    {
                        AddAttribute(resource, scope.Bytes);
                    }
                    else if (inner.Field == 2 && scope.Field == 2)
                    {
                        items.Add(scope.Bytes.ToArray());
                    }
                }
            }
        }

        return items;
    }

    private static ReceivedSpan ReadSpan(ReadOnlySpan<byte> bytes)
    {
        var (trace, id, parent, name, start, end) = ("", "", "", "", 0UL, 0UL);
        var attributes = new Dictionary<string, string>();
        var (events, links) = (new List<string>(), new List<string>());
        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 1:
                    trace = Convert.ToHexStringLower(reader.Bytes);
                    break;
                case 2:
                    id = Convert.ToHexStringLower(reader.Bytes);
                    break;
                case 4:
                    parent = Convert.ToHexStringLower(reader.Bytes);
                    break;
                case 5:
                    name = reader.Text;
                    break;
                case 7:
                    start = reader.Number;
                    break;
                case 8:
                    end = reader.Number;
                    break;
                case 9:
                    AddAttribute(attributes, reader.Bytes);
                    break;
                case 11:
                    events.Add(TextOf(reader.Bytes, field: 2));
                    break;
                case 13:
                    var link = new ProtobufReader(reader.Bytes);
                    while (link.Read())
                    {
                        if (link.Field == 2)
                        {
                            links.Add(Convert.ToHexStringLower(link.Bytes));
                        }
                    }

                    break;
            }
        }

        return new ReceivedSpan(trace, id, parent, name, start, end, attributes, events, links);
    }

    private static ReceivedPoint ReadPoint(string metric, string kind, ReadOnlySpan<byte> bytes)
    {
        var attributes = new Dictionary<string, string>();
        var (value, buckets, total) = (0.0, 0L, 0.0);
        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            switch (kind, reader.Field)
            {
                case ("sum" or "gauge", 7) or ("histogram", 9) or ("exponential", 1):
                    AddAttribute(attributes, reader.Bytes);
                    break;
                case ("sum" or "gauge", 4):
                    value = reader.Double;
                    break;
                case ("sum" or "gauge", 6) or ("histogram" or "exponential", 4):
                    value = (long)reader.Number;
                    break;
                case ("histogram" or "exponential", 5):
                    total = reader.Double;
                    break;
                case ("exponential", 7):
                    buckets += (long)reader.Number;
                    break;
                case ("exponential", 8):
                    buckets += SumOfBuckets(reader.Bytes);
                    break;
            }
        }

        return new ReceivedPoint(metric, kind, attributes, value, buckets, total);
    }

    private static long SumOfBuckets(ReadOnlySpan<byte> buckets)
    {
        var sum = 0L;
        var reader = new ProtobufReader(buckets);
        while (reader.Read())
        {
            if (reader.Field == 2)
            {
                for (var counts = new ProtobufReader(reader.Bytes); !counts.IsAtEnd;)
                {
                    sum += (long)counts.Varint();
                }
            }
        }

        return sum;
    }

    private static void AddAttribute(Dictionary<string, string> attributes, ReadOnlySpan<byte> pair)
    {
        var reader = new ProtobufReader(pair);
        var (key, value) = ("", "");
        while (reader.Read())
        {
            if (reader.Field == 1)
            {
                key = reader.Text;
                continue;
            }

            var any = new ProtobufReader(reader.Bytes);
            while (any.Read())
            {
                value = any.Field switch
                {
                    1 => any.Text,
                    4 => any.Double.ToString(CultureInfo.InvariantCulture),
                    _ => ((long)any.Number).ToString(CultureInfo.InvariantCulture),
                };
            }
        }

        attributes[key] = value;
    }

    private static string TextOf(ReadOnlySpan<byte> message, int field)
    {
        var reader = new ProtobufReader(message);
        while (reader.Read())
        {
            if (reader.Field == field)
            {
                return reader.Text;
            }
        }

        return "";
    }
}
