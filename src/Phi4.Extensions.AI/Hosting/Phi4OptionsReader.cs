// SPDX-License-Identifier: MIT
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Phi4.Extensions.AI.Hosting;

/// <summary>Reads <see cref="Phi4Options"/> from a configuration, without reflection. A setting that is not known is refused.</summary>
internal static class Phi4OptionsReader
{
    public const string Section = "Phi4";
    public const string Keyed = "Keyed";

    private static readonly Dictionary<string, Action<Phi4Options, Setting>> Settings = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(Phi4Options.Model)] = (options, setting) => options.Model = setting.Text,
        [nameof(Phi4Options.LoadOnStartup)] = (options, setting) => options.LoadOnStartup = setting.Switch,
        [nameof(Phi4Options.MaxWaitingRequests)] = (options, setting) => options.MaxWaitingRequests = setting.Number,
        [nameof(Phi4Options.DrainTimeout)] = (options, setting) => options.DrainTimeout = setting.Time,
        [nameof(Phi4ChatClientOptions.ModelId)] = (options, setting) => options.Chat = options.Chat with { ModelId = setting.Text },
        [nameof(Phi4LoadOptions.AllowDownload)] = (options, setting) => options.Load = options.Load with { AllowDownload = setting.Switch },
        [nameof(Phi4LoadOptions.Device)] = (options, setting) => options.Load = options.Load with { Device = setting.Choice<Phi4Device>() },
        [nameof(Phi4LoadOptions.DeviceIndex)] = (options, setting) => options.Load = options.Load with { DeviceIndex = setting.Number },
        [nameof(Phi4LoadOptions.ThreadCount)] = (options, setting) => options.Load = options.Load with { ThreadCount = setting.Number },
        [nameof(Phi4LoadOptions.ContextLength)] = (options, setting) => options.Load = options.Load with { ContextLength = setting.Number },
        [nameof(Phi4LoadOptions.CacheTokens)] = (options, setting) => options.Load = options.Load with { CacheTokens = setting.Number },
        [nameof(Phi4LoadOptions.PromptCache)] = (options, setting) => options.Load = options.Load with { PromptCache = setting.Switch },
        [nameof(Phi4LoadOptions.KvCacheType)] = (options, setting) => options.Load = options.Load with { KvCacheType = setting.Choice<KvCacheType>() },
        [nameof(Phi4LoadOptions.Weights)] = (options, setting) => options.Load = options.Load with { Weights = setting.Choice<WeightType>() },
        [nameof(Phi4LoadOptions.HeadWeights)] = (options, setting) => options.Load = options.Load with { HeadWeights = setting.Choice<WeightType>() },
        [nameof(Phi4LoadOptions.Activations)] = (options, setting) => options.Load = options.Load with { Activations = setting.Choice<ActivationType>() },
        [nameof(Phi4LoadOptions.MaxSequences)] = (options, setting) => options.Load = options.Load with { MaxSequences = setting.Number },
        [nameof(Phi4LoadOptions.MaxStepTokens)] = (options, setting) => options.Load = options.Load with { MaxStepTokens = setting.Number },
    };

    /// <param name="section">The model's section; it may be empty.</param>
    /// <param name="options">Keeps what the section does not set.</param>
    /// <exception cref="InvalidOptionsException">A setting that is not known, or a value that is none.</exception>
    public static void Read(IConfigurationSection section, Phi4Options options)
    {
        foreach (IConfigurationSection child in section.GetChildren().Where(child => !child.Key.Equals(Keyed, StringComparison.OrdinalIgnoreCase)))
        {
            if (!Settings.TryGetValue(child.Key, out Action<Phi4Options, Setting>? read))
            {
                throw new InvalidOptionsException(child.Path, child.Value, $"the settings {string.Join(", ", Settings.Keys)}");
            }

            read(options, new Setting(child.Path, child.Value));
        }
    }

    /// <summary>One value of the configuration.</summary>
    private readonly record struct Setting(string Path, string? Value)
    {
        public string Text => Value ?? throw Refuse("a text");

        public int Number => int.TryParse(Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : throw Refuse("a whole number");

        public bool Switch => bool.TryParse(Value, out bool on) ? on : throw Refuse("true, false");

        public TimeSpan Time => TimeSpan.TryParse(Value, CultureInfo.InvariantCulture, out TimeSpan time) ? time : throw Refuse("a time such as 00:00:30");

        public T Choice<T>()
            where T : struct, Enum =>
            Enum.TryParse(Value, ignoreCase: true, out T choice) && Enum.IsDefined(choice) ? choice : throw Refuse(string.Join(", ", Enum.GetNames<T>()));

        private InvalidOptionsException Refuse(string allowed) => new(Path, Value, allowed);
    }
}
