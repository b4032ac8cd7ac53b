using System.Text;
using System.Text.RegularExpressions;
using KvmActors.Host.Output;

namespace KvmActors.Host.Tests.Output;

public sealed class ResultDocumentTests
{
    /// <summary>The format is a promise to other programs: this text may grow, but no line of it may change.</summary>
    [Fact]
    public void WriteTo_Sample_IsThePromisedText()
    {
        using var stream = new MemoryStream();

        ResultDocument.From(SampleResults.Scenario(good: 1, oneCrashed: true), SampleResults.Facts).WriteTo(stream);

        const string Expected = """
            {
              "schemaVersion": 1,
              "programVersion": "1.2.3",
              "startedAt": "2026-01-02T03:04:05+00:00",
              "machine": {
                "processor": "A processor",
                "processors": 4,
                "memoryBytes": 4294967296,
                "kernel": "Linux 6.1",
                "hardwareVirtualization": "svm",
                "kvm": {
                  "device": "/dev/kvm",
                  "module": "kvm_amd",
                  "apiVersion": 12
                }
              },
              "scenario": "sample",
              "backend": "Kvm",
              "traceHash": null,
              "problem": null,
              "interrupted": false,
              "wallSeconds": 1.5,
              "askedVms": 3,
              "startedVms": 2,
              "delayedStarts": 0,
              "leftBehind": 0,
              "vms": [
                {
                  "id": "good-0",
                  "name": "good",
                  "matrix": {},
                  "succeeded": true,
                  "outcome": "Exited",
                  "exitCode": 0,
                  "message": null,
                  "signal": null,
                  "restarts": 0,
                  "quarantined": false,
                  "backend": "Kvm",
                  "start": "Cold",
                  "coldReason": null,
                  "sandbox": null,
                  "startMicros": 1300,
                  "runMicros": 2500,
                  "instructions": null,
                  "traceHash": null,
                  "vcpus": [
                    {
                      "index": 0,
                      "exits": {
                        "Io": 12,
                        "Hlt": 1
                      },
                      "end": "Exited",
                      "exitCode": null,
                      "registers": null,
                      "thread": null
                    }
                  ],
                  "devices": [],
                  "readBack": [],
                  "missingSystemCalls": {},
                  "unknownInstructions": {},
                  "limits": {},
                  "crash": null,
                  "coreFile": null,
                  "output": "",
                  "outputCutBytes": 0
                },
                {
                  "id": "bad-0",
                  "name": "bad",
                  "matrix": {},
                  "succeeded": false,
                  "outcome": "Crashed",
                  "exitCode": null,
                  "message": "unclaimed port 0x1234 [odd]",
                  "signal": null,
                  "restarts": 0,
                  "quarantined": false,
                  "backend": "Kvm",
                  "start": "Cold",
                  "coldReason": null,
                  "sandbox": null,
                  "startMicros": 1300,
                  "runMicros": 2500,
                  "instructions": null,
                  "traceHash": null,
                  "vcpus": [
                    {
                      "index": 0,
                      "exits": {
                        "Io": 12,
                        "Hlt": 1
                      },
                      "end": "Exited",
                      "exitCode": null,
                      "registers": null,
                      "thread": null
                    }
                  ],
                  "devices": [],
                  "readBack": [],
                  "missingSystemCalls": {},
                  "unknownInstructions": {},
                  "limits": {},
                  "crash": null,
                  "coreFile": null,
                  "output": "",
                  "outputCutBytes": 0
                }
              ],
              "exits": {
                "Io": {
                  "count": 1,
                  "guestMicros": {
                    "p50": 10,
                    "p90": 10,
                    "p99": 10,
                    "p999": 10,
                    "max": 10,
                    "mean": 10,
                    "buckets": [[10.0475,1]]
                  },
                  "hostMicros": {
                    "p50": 0.3,
                    "p90": 0.3,
                    "p99": 0.3,
                    "p999": 0.3,
                    "max": 0.3,
                    "mean": 0.3,
                    "buckets": [[0.3015,1]]
                  }
                },
                "Hlt": {
                  "count": 1,
                  "guestMicros": {
                    "p50": 20,
                    "p90": 20,
                    "p99": 20,
                    "p999": 20,
                    "max": 20,
                    "mean": 20,
                    "buckets": [[20.0955,1]]
                  },
                  "hostMicros": {
                    "p50": 0.1,
                    "p90": 0.1,
                    "p99": 0.1,
                    "p999": 0.1,
                    "max": 0.1,
                    "mean": 0.1,
                    "buckets": [[0.1,1]]
                  }
                }
              },
              "hypercalls": {
                "read": {
                  "count": 1,
                  "micros": {
                    "p50": 2,
                    "p90": 2,
                    "p99": 2,
                    "p999": 2,
                    "max": 2,
                    "mean": 2,
                    "buckets": [[2.0075,1]]
                  }
                }
              },
              "sites": {
                "port 0x8001": {
                  "count": 1,
                  "guestMicros": {
                    "p50": 10,
                    "p90": 10,
                    "p99": 10,
                    "p999": 10,
                    "max": 10,
                    "mean": 10,
                    "buckets": [[10.0475,1]]
                  },
                  "hostMicros": {
                    "p50": 0.3,
                    "p90": 0.3,
                    "p99": 0.3,
                    "p999": 0.3,
                    "max": 0.3,
                    "mean": 0.3,
                    "buckets": [[0.3015,1]]
                  }
                }
              },
              "byVm": {
                "quiet": {
                  "exits": {},
                  "hypercalls": {},
                  "sites": {}
                }
              },
              "gcOverlaps": 0
            }
            """;
        Assert.Equal(Expected, RoundTimes(Encoding.UTF8.GetString(stream.ToArray())));
    }

    // Percentiles are bucket middles: within 0.8 % of the sample, which is all that is promised of them.
    private static string RoundTimes(string json) => Regex.Replace(
        json, "(?<=\"p[0-9]+\": )[0-9.]+", match => double.Parse(match.Value).ToString("G2"), RegexOptions.None, TimeSpan.FromSeconds(1));
}
