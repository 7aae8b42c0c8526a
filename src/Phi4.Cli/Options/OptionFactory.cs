// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Phi4.Cli.Options;

/// <summary>Reads one value of an option.</summary>
internal delegate bool ValueParser<T>(string text, out T value);

/// <summary>
/// Makes options that say what is allowed, in help and in errors alike, and that take their value from the environment where the command line is silent.
/// </summary>
internal sealed class OptionFactory(Func<string, string?> environment)
{
    /// <summary>Looks up an environment variable; null if it is not set.</summary>
    public Func<string, string?> Environment => environment;

    /// <summary>An option with one value.</summary>
    /// <param name="name">With dashes.</param>
    /// <param name="aliases">Other spellings.</param>
    /// <param name="valueName">What help calls the value.</param>
    /// <param name="help">One sentence; what is allowed and the default follow it.</param>
    /// <param name="allowed">What is allowed, in words.</param>
    /// <param name="otherwise">What holds without the option, in words.</param>
    /// <param name="parse">Reads the value.</param>
    /// <param name="variable">Environment variable that stands in for the option, or null.</param>
    public Option<T?> Value<T>(
        string name, string[] aliases, string valueName, string help, string allowed, string otherwise, ValueParser<T> parse, string? variable = null)
        where T : struct
    {
        var option = new Option<T?>(name, aliases)
        {
            HelpName = valueName,
            Description = Describe(help, allowed, otherwise, variable),
            CustomParser = result => Read(result, result.Tokens[0].Value, name, allowed, parse),
        };
        if (FromEnvironment(variable) is { } text)
        {
            option.DefaultValueFactory = result => Read(result, text, variable!, allowed, parse);
        }

        return option;
    }

    /// <summary>An option whose value is text as it stands.</summary>
    public Option<string?> Text(string name, string[] aliases, string valueName, string help, string? variable = null)
    {
        var option = new Option<string?>(name, aliases) { HelpName = valueName, Description = Describe(help, null, null, variable) };
        if (FromEnvironment(variable) is { } text)
        {
            option.DefaultValueFactory = _ => text;
        }

        return option;
    }

    /// <summary>An option that takes one of a few words.</summary>
    public Option<T?> Choice<T>(string name, string[] aliases, string help, string otherwise, string? variable, params (string Word, T Value)[] choices)
        where T : struct
    {
        string allowed = string.Join(", ", choices.Select(choice => choice.Word));
        return Value<T>(name, aliases, string.Join('|', choices.Select(choice => choice.Word)), help, allowed, otherwise, Parse, variable);

        bool Parse(string text, out T value)
        {
            (string? word, value) = choices.FirstOrDefault(choice => choice.Word == text);
            return word is not null;
        }
    }

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public Option<int?> Integer(
        string name, string[] aliases, int least, int most, string help, string otherwise, string? variable = null) =>
        Value<int>(
            name, aliases, "N", help,
            most == int.MaxValue ? FormattableString.Invariant($"{least} and more") : FormattableString.Invariant($"{least} to {most}"),
            otherwise,
            (string text, out int value) =>
                int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= least && value <= most,
            variable);

    /// <summary>A finite number for which <paramref name="holds"/>.</summary>
    public Option<float?> Number(string name, string[] aliases, string allowed, Func<float, bool> holds, string help, string otherwise) =>
        Value<float>(
            name, aliases, "X", help, allowed, otherwise,
            (string text, out float value) =>
                float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value) && holds(value));

    /// <summary>A switch.</summary>
    public Option<bool> Switch(string name, string[] aliases, string help, string? variable = null)
    {
        var option = new Option<bool>(name, aliases) { Description = Describe(help, null, null, variable), Arity = ArgumentArity.Zero };
        if (FromEnvironment(variable) is { } text)
        {
            option.DefaultValueFactory = _ => text is not ("0" or "false");
        }

        return option;
    }

    private string? FromEnvironment(string? variable) => variable is not null && environment(variable) is { Length: > 0 } text ? text : null;

    private static T? Read<T>(ArgumentResult result, string text, string source, string allowed, ValueParser<T> parse)
        where T : struct
    {
        if (parse(text, out T value))
        {
            return value;
        }

        result.AddError($"{source} is \"{text}\"; allowed: {allowed}.");
        return null;
    }

    private static string Describe(string help, string? allowed, string? otherwise, string? variable)
    {
        string text = help;
        text += allowed is null ? "" : $" Allowed: {allowed}.";
        text += otherwise is null ? "" : $" Default: {otherwise}.";
        return text + (variable is null ? "" : $" Environment: {variable}.");
    }
}
