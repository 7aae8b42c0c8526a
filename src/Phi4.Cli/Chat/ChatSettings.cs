// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.Globalization;
using Phi4.Cli.Errors;
using Phi4.Cli.Options;

namespace Phi4.Cli.Chat;

/// <summary>How answers are drawn, and what is told about them; each can be changed between two answers, in the words of the command line's options.</summary>
internal sealed class ChatSettings(GenerationOptions options, bool statistics)
{
    private const string Default = "default";
    private const string StatisticsName = "stats";

    private static readonly Setting[] All =
    [
        new("temperature", o => o.Temperature, (to, from) => to with { Temperature = from.Temperature }),
        new("top-k", o => o.TopK, (to, from) => to with { TopK = from.TopK }),
        new("top-p", o => o.TopP, (to, from) => to with { TopP = from.TopP }),
        new("min-p", o => o.MinP, (to, from) => to with { MinP = from.MinP }),
        new("typical-p", o => o.TypicalP, (to, from) => to with { TypicalP = from.TypicalP }),
        new("repeat-penalty", o => o.RepetitionPenalty, (to, from) => to with { RepetitionPenalty = from.RepetitionPenalty }),
        new("presence-penalty", o => o.PresencePenalty, (to, from) => to with { PresencePenalty = from.PresencePenalty }),
        new("frequency-penalty", o => o.FrequencyPenalty, (to, from) => to with { FrequencyPenalty = from.FrequencyPenalty }),
        new("max-tokens", o => o.MaxTokens, (to, from) => to with { MaxTokens = from.MaxTokens }),
        new("min-tokens", o => o.MinTokens, (to, from) => to with { MinTokens = from.MinTokens }),
        new("seed", o => o.Seed, (to, from) => to with { Seed = from.Seed }),
        new("stop", o => o.StopStrings is { Count: > 0 } stops ? string.Join(", ", stops) : null, (to, from) => to with { StopStrings = from.StopStrings }),
    ];

    public GenerationOptions Options { get; private set; } = options;

    /// <summary>Whether counts and speeds are told after each answer.</summary>
    public bool Statistics { get; private set; } = statistics;

    /// <summary>A line a setting: its name and what it is.</summary>
    public IEnumerable<string> Describe() => All
        .Select(setting => $"{setting.Name,-18} {Convert.ToString(setting.Get(Options), CultureInfo.InvariantCulture) switch { null or "" => Default, var value => value }}")
        .Append($"{StatisticsName,-18} {(Statistics ? "on" : "off")}");

    /// <summary>Changes one.</summary>
    /// <param name="name">An option of the command line without its dashes.</param>
    /// <param name="value">What it takes there, or <c>default</c>.</param>
    /// <exception cref="CommandException">There is no such setting, or it does not take this value.</exception>
    public void Set(string name, string value)
    {
        if (name == StatisticsName)
        {
            Statistics = value switch
            {
                "on" => true,
                "off" or Default => false,
                _ => throw CommandException.Usage($"{StatisticsName} is \"{value}\"; allowed: on, off."),
            };
            return;
        }

        name = name == "temp" ? "temperature" : name;
        Setting setting = Array.Find(All, known => known.Name == name)
            ?? throw CommandException.Usage($"{name} is no setting; there are {string.Join(", ", All.Select(known => known.Name))} and {StatisticsName}.");
        Options = setting.Take(Options, value == Default ? GenerationOptions.Default : Parse(name, value));
    }

    /// <summary>As the command line would read it, so that what is allowed and what is said are the same.</summary>
    private static GenerationOptions Parse(string name, string value)
    {
        var sampling = new SamplingOptions(new OptionFactory(_ => null));
        var command = new Command("set");
        sampling.AddTo(command);
        ParseResult parse = command.Parse([$"--{name}={value}"], new ParserConfiguration { ResponseFileTokenReplacer = null });
        return parse.Errors.Count == 0 ? sampling.Of(parse) : throw CommandException.Usage(parse.Errors[0].Message);
    }

    private sealed record Setting(string Name, Func<GenerationOptions, object?> Get, Func<GenerationOptions, GenerationOptions, GenerationOptions> Take);
}
