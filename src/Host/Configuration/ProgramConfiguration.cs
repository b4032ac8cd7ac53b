using KvmActors.Actors.Specs;
using Microsoft.Extensions.Configuration;

namespace KvmActors.Host.Configuration;

/// <summary>
/// Reads the configuration: the program's settings, the scenario, environment variables, then the command line, later ones
/// overriding earlier ones.
/// </summary>
internal static class ProgramConfiguration
{
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

    private static void AddFile(ConfigurationManager configuration, string file, bool optional)
    {
        try
        {
            configuration.AddJsonFile(file, optional);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(OneLine(e));
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
