using KvmActors.Packages.Tests.Support;

namespace KvmActors.Packages.Tests.Deploy;

/// <summary>What deploy/build.sh makes for the image, run as the image runs it: by a user without rights, from a folder of root's.</summary>
[Trait("Needs", "Repository")]
[Collection("Builds")]
public sealed class ImageTests
{
    private const string User = "10001";

    [Fact]
    public async Task Build_OfWhatIsBuilt_RunsAsAUserWithoutRights()
    {
        var folder = Directory.CreateTempSubdirectory("kvmactors-image-");
        try
        {
            // The user of the image must get to it.
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);
            var output = Path.Combine(folder.FullName, "kvmactors");
            await Command.MustAsync(
                new Dictionary<string, string?>(), folder.FullName,
                Path.Combine(Repository.Root, "deploy", "build.sh"), output, "--no-build", "--configuration", Repository.Configuration, "-m:1");

            var program = Path.Combine(output, "kvmactors");
            var environment = new Dictionary<string, string?>
            {
                ["DOTNET_ROOT"] = Path.GetDirectoryName(Command.Dotnet) is { Length: > 0 } dotnet ? dotnet : null,
                ["HOME"] = "/",
            };
            var nobody = await AsNobodyAsync();
            var doctor = await Command.RunAsync(environment, "/", [.. nobody, program, "doctor"]);
            var hello = await Command.RunAsync(environment, "/", [.. nobody, program, "exec", "hello"]);

            Assert.True(doctor.ExitCode == 0, doctor.ToString());
            Assert.True(hello.ExitCode == 0, hello.ToString());
            Assert.NotEqual("", hello.Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // Who is not root cannot become somebody else, and has no more rights than the image's user.
    private static async Task<string[]> AsNobodyAsync()
    {
        if (Environment.UserName != "root")
        {
            return [];
        }

        // As `docker run --group-add` does.
        string[] groups = File.Exists("/dev/kvm")
            ? ["--groups", (await Command.MustAsync(new Dictionary<string, string?>(), "/", "stat", "-c", "%g", "/dev/kvm")).Output.Trim()]
            : ["--clear-groups"];
        return ["setpriv", "--reuid", User, "--regid", User, .. groups, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"];
    }
}
