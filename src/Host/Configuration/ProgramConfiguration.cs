using System.Text.Json;
using KvmActors.Actors.Specs;
using KvmActors.Host.Configuration.Reading;
using KvmActors.Interop.Sandbox;
using KvmActors.Library.Checking;
using Microsoft.Extensions.Logging;

namespace KvmActors.Host.Configuration;

/// <summary>
/// Reads the configuration: the program's settings, the scenario, environment variables, then the command line, later ones
/// overriding earlier ones.
/// </summary>
internal static class ProgramConfiguration
{
    private const int MaxFileBytes = 64 << 20;

    private static string SettingsFile { get; } = Path.Combine(AppContext.BaseDirectory, "config", "appsettings.json");

    /// <summary>Reads everything.</summary>
    /// <param name="scenarioFile">The scenario's file.</param>
    /// <param name="overrides">Settings from the command line, <c>--Key:Sub=value</c> each.</param>
    /// <exception cref="ConfigurationException">A file is missing or is no JSON.</exception>
    public static ProgramSettings Read(string scenarioFile, IReadOnlyList<string> overrides)
    {
        var root = ReadProgramFile();
        root.Overlay(ReadFile(scenarioFile));
        return Override(root, overrides);
    }

    /// <summary>Reads the program's settings alone, for runs without a scenario.</summary>
    /// <param name="overrides">Settings from the command line, <c>--Key:Sub=value</c> each.</param>
    /// <exception cref="ConfigurationException">The file is no JSON.</exception>
    public static ProgramSettings ReadSettings(IReadOnlyList<string> overrides) => Override(ReadProgramFile(), overrides);

    /// <summary>Reads what a file says and nothing else.</summary>
    /// <exception cref="ConfigurationException">It is missing or is no JSON object.</exception>
    public static Setting ReadFile(string file)
    {
        try
        {
            var read = SettingReader.ReadJson(new WholeFiles().Read(file, MaxFileBytes));
            return read.Kind == SettingKind.Object
                ? read
                : throw new ConfigurationException($"{file}: found {OptionsReader.Describe(read)}, where an object with a Scenario in it belongs");
        }
        catch (Exception e) when (e is JsonException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{file}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    /// <summary>Reads a section.</summary>
    /// <exception cref="ConfigurationException">A key in it is unknown, or a value is not what its key takes.</exception>
    public static T Bind<T>(ProgramSettings settings, string section)
        where T : class, new()
    {
        var problems = new Problems();
        var options = settings.Root.Find(section) is { } written ? new OptionsReader(problems.Add).Read<T>(section, written) : new T();
        problems.ThrowIfAny();
        return options;
    }

    /// <summary>Reads and checks the scenario.</summary>
    /// <exception cref="ConfigurationException">It may not run.</exception>
    public static ScenarioSpec ReadScenario(ProgramSettings settings, string scenarioFile)
    {
        if (settings.Root.Find("Scenario") is not { } written || (written.Children.Count == 0 && written.Kind is SettingKind.Object or SettingKind.Branch))
        {
            throw new ConfigurationException($"{scenarioFile}: there is no Scenario object in it");
        }

        CheckSections(settings.Root);
        return new ScenarioValidator(scenarioFile).Validate(Bind<ScenarioOptions>(settings, "Scenario"));
    }

    /// <summary>Reads how far threads that serve a guest are confined.</summary>
    /// <exception cref="ConfigurationException">It is no such word.</exception>
    public static SandboxMode ReadSandbox(ProgramSettings settings)
    {
        var problems = new Problems();
        var mode = problems.ReadName<SandboxMode>("Sandbox:Mode", Bind<SandboxOptions>(settings, "Sandbox").Mode);
        problems.ThrowIfAny();
        return mode;
    }

    /// <summary>Reads and checks the program's own settings.</summary>
    /// <exception cref="ConfigurationException">Something in them is wrong.</exception>
    public static (KvmOptions Kvm, TelemetryOptions Telemetry) ReadOptions(ProgramSettings settings)
    {
        var kvm = Bind<KvmOptions>(settings, "Kvm");
        var telemetry = Bind<TelemetryOptions>(settings, "Telemetry");
        var problems = new Problems();
        if (string.IsNullOrEmpty(kvm.Device) || kvm.Device.Contains('\0', StringComparison.Ordinal))
        {
            problems.Add("Kvm:Device", "missing; name the device node, as a rule /dev/kvm");
        }

        var sampling = telemetry.ExitSampling;
        problems.CheckRange("Telemetry:ExitSampling:First", sampling.First, 0, int.MaxValue);
        problems.CheckRange("Telemetry:ExitSampling:Every", sampling.Every, 0, int.MaxValue);
        if (sampling.SlowerThan < TimeSpan.Zero)
        {
            problems.Add("Telemetry:ExitSampling:SlowerThan", $"{sampling.SlowerThan} is less than 0");
        }

        foreach (var (category, level) in Bind<LoggingOptions>(settings, "Logging").LogLevel)
        {
            problems.ReadName<LogLevel>($"Logging:LogLevel:{category}", level);
        }

        problems.ThrowIfAny();
        return (kvm, telemetry);
    }

    // Variables of the environment may have any first name; keys of files may not.
    private static void CheckSections(Setting root)
    {
        var problems = new Problems();
        var sections = OptionShape.Of(typeof(FileSections));
        var seen = new HashSet<OptionKey>();
        foreach (var section in root.Children.Where(child => child.Kind is not (SettingKind.Branch or SettingKind.Word)))
        {
            if (sections.Find(section.Name) is not { } known)
            {
                problems.Add(section.Name, $"unknown key; known here: {string.Join(", ", sections.Keys.Select(key => key.Name))}");
            }
            else if (!seen.Add(known))
            {
                problems.Add(section.Name, "it is there twice; leave one of the two out");
            }
            else if (known.Shape is TextShape && section.Kind != SettingKind.Text)
            {
                problems.Add(section.Name, $"found {OptionsReader.Describe(section)}, where {known.Shape.Expected} belongs");
            }
        }

        problems.ThrowIfAny();
    }

    private static ProgramSettings Override(Setting root, IReadOnlyList<string> overrides)
    {
        SettingReader.AddEnvironment(root);
        foreach (var word in overrides)
        {
            var end = word.IndexOf('=', StringComparison.Ordinal);
            SettingReader.AddWord(root, word[..end].TrimStart('-'), word[(end + 1)..]);
        }

        return new ProgramSettings(root);
    }

    private static Setting ReadProgramFile() => Path.Exists(SettingsFile) ? ReadFile(SettingsFile) : new Setting("", SettingKind.Object);
}
