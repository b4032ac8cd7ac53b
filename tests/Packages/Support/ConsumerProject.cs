namespace KvmActors.Packages.Tests.Support;

/// <summary>A project of somebody who uses the package: below no folder of ours, and with the package from a folder of packages.</summary>
internal static class ConsumerProject
{
    /// <summary>Its file, and what is in it. That nothing is a warning is part of it.</summary>
    public static IReadOnlyDictionary<string, string> Files { get; } = new Dictionary<string, string>
    {
        ["Consumer.csproj"] = """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <InvariantGlobalization>true</InvariantGlobalization>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="KvmActors" Version="*-*" />
              </ItemGroup>
              <Target Name="MakeGuest" BeforeTargets="Build">
                <Exec Command="gcc -O2 -Wall -Werror -static -I&quot;$(KvmActorsGuestInclude)&quot; guest.c -o guest" />
              </Target>
            </Project>
            """,

        ["guest.c"] = """
            #include <kvmactors.h>

            static struct kvmactors_import twice = { "Twice", "i(i)", -1 };

            KVMACTORS_FUNCTION(ask, "i(i)")
            {
                static unsigned char buffer[256];
                struct kvmactors_call asked;
                int32_t value = kvmactors_get_i32(call);

                kvmactors_begin(&asked, buffer, sizeof(buffer));
                kvmactors_put_i32(&asked, value);
                if (kvmactors_invoke(&asked, &twice) == 0)
                    kvmactors_return_i32(call, kvmactors_get_i32(&asked) + 1);
                else
                    kvmactors_fail(call, "the host would not");
            }

            int main(void) { return kvmactors_serve(); }
            """,

        ["Program.cs"] = """
            using Akka.Actor;
            using KvmActors;

            Console.WriteLine(new ActorSystem("its own actors"));
            await using var host = KvmHost.Create();
            GuestRun run = await host.RunAsync(new GuestProgram(args[0]));
            Console.Write(run.OutputText);

            await using var template = await host.LoadAsync(new GuestProgram(args[1]) { HostFunctions = new Api() });
            await using var guest = await template.StartAsync(new GuestStartOptions(), CancellationToken.None);
            Console.WriteLine($"ask: {await guest.CallAsync<int>("ask", 20)}");

            [HostFunctions]
            internal sealed partial class Api
            {
                [HostFunction]
                public async ValueTask<int> Twice(int value, CancellationToken cancellationToken)
                {
                    await Task.Delay(1, cancellationToken);
                    return 2 * value;
                }
            }
            """,

        // As the Akka packages have it: the library's own must not show.
        ["ActorSystem.cs"] = """
            namespace Akka.Actor;

            public sealed record ActorSystem(string Name);
            """,
    };

    /// <summary>What it writes.</summary>
    /// <param name="output">What the first guest writes.</param>
    public static string OutputWith(string output) => $"ActorSystem {{ Name = its own actors }}\n{output}ask: 41\n";
}
