using KvmActors.Actors.Specs;
using KvmActors.Interop.Sandbox;
using Microsoft.Extensions.Configuration;
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
    public static ConfigurationManager Read(string scenarioFile, IReadOnlyList<string> overrides)
    {
        var configuration = new ConfigurationManager();
        AddFile(configuration, SettingsFile, optional: true);
        AddFile(configuration, scenarioFile, optional: false);
        configuration.AddEnvironmentVariables();
        configuration.AddCommandLine([.. overrides]);
        return configuration;
    }

    /// <summary>Reads the program's settings alone, for runs without a scenario.</summary>
    /// <exception cref="ConfigurationException">The file is no JSON.</exception>
    public static ConfigurationManager ReadSettings()
    {
        var configuration = new ConfigurationManager();
        AddFile(configuration, SettingsFile, optional: true);
        configuration.AddEnvironmentVariables();
        return configuration;
    }

    /// <summary>Binds a section and checks that it has no unknown keys.</summary>
    /// <exception cref="ConfigurationException">It has, or a value is not what its key takes.</exception>
    public static T Bind<T>(IConfiguration configuration, string sectionName)
        where T : class, new()
    {
        var section = configuration.GetSection(sectionName);
        var unknown = UnknownKeys.Find(section, typeof(T)).ToList();
        if (unknown.Count > 0)
        {
            throw new ConfigurationException(unknown);
        }

        try
        {
            // Without this option the binder drops list items it cannot read.
            return section.Get<T>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new T();
        }
        catch (InvalidOperationException e)
        {
            // Each list around a key adds an exception that names the option above; the innermost one names the key.
            while (e.InnerException is InvalidOperationException inner)
            {
                e = inner;
            }

            throw new ConfigurationException(e.Message.ReplaceLineEndings(" "));
        }
    }

    /// <summary>Reads and checks the scenario.</summary>
    /// <exception cref="ConfigurationException">It may not run.</exception>
    public static ScenarioSpec ReadScenario(IConfiguration configuration, string scenarioFile)
    {
        if (!configuration.GetSection("Scenario").GetChildren().Any())
        {
            throw new ConfigurationException($"{scenarioFile}: there is no Scenario object in it");
        }

        return new ScenarioValidator(scenarioFile).Validate(Bind<ScenarioOptions>(configuration, "Scenario"));
    }

    /// <summary>Reads how far threads that serve a guest are confined.</summary>
    /// <exception cref="ConfigurationException">It is no such word.</exception>
    public static SandboxMode ReadSandbox(IConfiguration configuration)
    {
        var problems = new Problems();
        var mode = problems.ReadName<SandboxMode>("Sandbox:Mode", Bind<SandboxOptions>(configuration, "Sandbox").Mode);
        problems.ThrowIfAny();
        return mode;
    }

    /// <summary>Reads and checks the program's own settings.</summary>
    /// <exception cref="ConfigurationException">Something in them is wrong.</exception>
    public static (KvmOptions Kvm, TelemetryOptions Telemetry) ReadOptions(IConfiguration configuration)
    {
        var kvm = Bind<KvmOptions>(configuration, "Kvm");
        var telemetry = Bind<TelemetryOptions>(configuration, "Telemetry");
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

        foreach (var (category, level) in Bind<LoggingOptions>(configuration, "Logging").LogLevel)
        {
            problems.ReadName<LogLevel>($"Logging:LogLevel:{category}", level);
        }

        problems.ThrowIfAny();
        return (kvm, telemetry);
    }

    private static void AddFile(ConfigurationManager configuration, string file, bool optional)
    {
        if (optional && !Path.Exists(file))
        {
            return;
        }

        try
        {
            configuration.Sources.Add(new JsonBytes(new WholeFiles().Read(file, MaxFileBytes)));
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or FormatException or IOException)
        {
            throw new ConfigurationException($"{file}: {OneLine(e)}");
        }
    }

    // The JSON reader says what the mistake is, and where, in an inner exception.
    private static string OneLine(Exception? e)
    {
        var messages = new List<string>();
        for (; e is not null; e = e.InnerException)
        {
            messages.Add(e.Message.ReplaceLineEndings(" "));
        }

        return string.Join(' ', messages);
    }
}
